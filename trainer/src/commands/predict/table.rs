//! The answers as a table, with the columns of the page's export and one for each class.

use std::path::Path;

use anyhow::{Context, Result};

use super::Answers;
use crate::write;

/// Writes the table.
///
/// # Errors
/// Where the file cannot be written.
pub fn write(answers: &Answers, path: &Path) -> Result<()> {
    let bytes = table(answers).with_context(|| format!("cannot make {}", path.display()))?;
    write::atomically(path, &bytes)
}

/// A line for each picture: its name, its label (empty where two classes claim it alike),
/// the probability of the likeliest class, and of each class.
fn table(answers: &Answers) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let classes = answers.names.classes.iter().map(String::as_str);
    table.write_record(["image", "label", "probability"].into_iter().chain(classes))?;
    for report in &answers.reports {
        let values: Vec<f64> = answers
            .names
            .classes
            .iter()
            .map(|name| report.probabilities[name].as_f64().unwrap_or(f64::NAN))
            .collect();
        let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let label = report.place(&answers.none).unwrap_or_default();
        let numbers = [best].into_iter().chain(values).map(|value| (value as f32).to_string());
        table.write_record([report.image.clone(), label.to_owned()].into_iter().chain(numbers))?;
    }
    Ok(table.into_inner()?)
}
