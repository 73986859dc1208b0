//! The confusion of an evaluation as a figure.

use anyhow::{Result, ensure};

use super::{Row, compared};
use crate::data::Dataset;
use crate::plot::ConfusionFigure;

/// More names and numbers than these nobody reads.
const MOST_CLASSES: usize = 64;

/// Before the work: whether the split has few enough classes.
///
/// # Errors
/// Where it has not.
pub fn check(classes: usize) -> Result<()> {
    ensure!(
        classes <= MOST_CLASSES,
        "a confusion of {classes} classes cannot be read: leave --confusion out, it is for at \
         most {MOST_CLASSES}"
    );
    Ok(())
}

/// The figure of a row that counted; its shares are of each true class's queries.
pub fn of(row: &Row, dataset: &Dataset) -> Option<ConfusionFigure> {
    let confusion = row.confusion.as_ref()?;
    let share = |counts: &[u64]| {
        let all = counts.iter().sum::<u64>().max(1) as f64;
        counts.iter().map(|&count| count as f64 / all).collect()
    };
    Some(ConfusionFigure {
        title: "Which class was taken for which".into(),
        subtitle: format!(
            "{} {}, {}-way {}-shot, M = {}, {} episodes, {}; rows: true class, %",
            row.data,
            row.split,
            row.ways,
            row.shots,
            row.hallucinate,
            row.episodes,
            compared(row)
        ),
        classes: dataset.classes.iter().map(|class| class.name.clone()).collect(),
        shares: confusion.rows().map(share).collect(),
    })
}
