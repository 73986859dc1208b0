//! The rows of an evaluation as a figure.

use super::{Row, compared};
use crate::plot::{AccuracyFigure, Line};

/// Accuracy against M with a line for each number of shots; against shots where
/// there is but one M.
pub fn of(tables: &[Vec<Row>]) -> AccuracyFigure {
    let against_shots = tables.iter().all(|rows| rows.len() < 2);
    let rows = || tables.iter().flatten();
    let line = |name: String, rows: &mut dyn Iterator<Item = &Row>| Line {
        name,
        values: rows.map(|row| (row.accuracy, row.ci95)).collect(),
    };
    let (settings, lines) = if against_shots {
        let name = rows().next().map_or_else(String::new, |row| format!("M = {}", row.hallucinate));
        let settings = rows().map(|row| row.shots.to_string()).collect();
        (settings, vec![line(name, &mut rows())])
    } else {
        let first = tables.iter().take(1).flatten();
        let shots = |rows: &[Row]| rows.first().map_or(0, |row| row.shots);
        let lines =
            tables.iter().map(|rows| line(format!("{}-shot", shots(rows)), &mut rows.iter()));
        (first.map(|row| row.hallucinate.to_string()).collect(), lines.collect())
    };
    let subtitle = rows().next().map_or_else(String::new, |row| {
        format!(
            "{} {}, {}-way, {} queries a class, {} episodes, {}, seed {}; bars: 95 % interval",
            row.data,
            row.split,
            row.ways,
            row.queries,
            row.episodes,
            compared(row),
            row.seed
        )
    });
    AccuracyFigure {
        title: if against_shots { "Accuracy against shots" } else { "Accuracy against M" }.into(),
        subtitle,
        axis: if against_shots {
            "support pictures of each class"
        } else {
            "hallucinated features of each class, M"
        }
        .into(),
        settings,
        lines,
    }
}
