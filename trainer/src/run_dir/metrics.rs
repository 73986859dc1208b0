//! `metrics.jsonl`: one JSON object a line, in the order of the steps.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::RunDir;
use crate::write;

/// Its name in the folder.
pub const FILE: &str = "metrics.jsonl";

/// One line: the mean of the steps since the last, and where this step was
/// validated, accuracies on validation classes. Accuracies are fractions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Number of the stage, from 1, and its kind.
    pub stage: usize,
    /// `pretrain`, `episodic`, `hallucinate` or `fit`.
    pub kind: String,
    /// Steps done in the stage.
    pub step: usize,
    /// Steps the stage has.
    pub steps: usize,
    /// Wall time since the run began, breaks left out.
    pub seconds: f64,
    /// Mean training loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Mean accuracy on the training batches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Learning rate of the last step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lr: Option<f32>,
    /// `val_1shot`, `val_5shot`, and with hallucinations `val_1shot_hallucinated`.
    #[serde(flatten)]
    pub validation: std::collections::BTreeMap<String, f64>,
}

/// Adds a line; returns the length of the file in bytes.
///
/// # Errors
/// Where it cannot be written.
pub fn append(run: &RunDir, line: &Line) -> Result<u64> {
    let path = run.file(FILE);
    let text = serde_json::to_string(line)
        .with_context(|| format!("cannot make JSON for {}", path.display()))?;
    write::append(&path, &format!("{text}\n"))
}

/// Drops what was written after `length_bytes`: steps that are done again.
///
/// # Errors
/// Where it cannot be written.
pub fn cut(run: &RunDir, length_bytes: u64) -> Result<()> {
    write::cut(&run.file(FILE), length_bytes)
}

/// All lines.
///
/// # Errors
/// Where the file is damaged.
pub fn read(run: &RunDir) -> Result<Vec<Line>> {
    let path = run.file(FILE);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    text.lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .with_context(|| format!("{} is damaged", path.display()))
}

/// The last line that is whole: somebody may be writing to the file.
///
/// # Errors
/// Where it cannot be read.
pub fn last(run: &RunDir) -> Result<Option<Line>> {
    let path = run.file(FILE);
    match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        text => {
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            Ok(text.lines().rev().find_map(|line| serde_json::from_str(line).ok()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_and_are_cut_where_a_run_goes_on() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let run = RunDir { path: folder.path().to_owned(), _held: None };
        let line = |step| Line {
            stage: 1,
            kind: "fit".into(),
            step,
            loss: Some(0.5),
            validation: [("val_1shot".to_owned(), 0.25)].into(),
            ..Line::default()
        };
        let length = append(&run, &line(1))?;
        append(&run, &line(2))?;
        assert_eq!(read(&run)?, [line(1), line(2)]);
        cut(&run, length)?;
        assert_eq!(read(&run)?, [line(1)]);
        Ok(())
    }
}
