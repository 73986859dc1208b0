//! Calls of the trainer, and the rows it prints.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::kept::Kept;
use super::plan::Evaluation;
use crate::trainer;
use crate::workspace::Workspace;

/// The trainer, built for speed.
pub struct Trainer(PathBuf);

/// A line of `fewshot eval --json`.
#[derive(Clone, Debug, Deserialize)]
struct Line {
    shots: usize,
    hallucinate: usize,
    accuracy: f64,
    ci95: f64,
    paired_difference: Option<f64>,
    paired_ci95: Option<f64>,
}

/// What was measured once.
#[derive(Clone, Debug)]
pub struct Row {
    pub asked: Evaluation,
    /// One of those asked for.
    pub shots: usize,
    /// One of those asked for.
    pub hallucinations: usize,
    /// Percent: mean, half of its 95 % interval.
    pub accuracy: [f64; 2],
    /// Percentage points against M = 0 on the same episodes, half of its interval.
    pub gain: Option<[f64; 2]>,
}

impl Trainer {
    pub fn build(workspace: &Workspace) -> Result<Self> {
        Ok(Self(trainer::build(workspace)?))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn evaluate(
        &self,
        weights: &Path,
        data: &Path,
        evaluation: &Evaluation,
        episodes: usize,
        kept: &Kept,
    ) -> Result<Vec<Row>> {
        let list = |numbers: &[usize]| {
            numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        };
        let mut fewshot = Command::new(&self.0);
        fewshot.args(["eval", "--json", "--device", "cpu", "--split", "test"]);
        fewshot.arg("--weights").arg(weights).arg("--data").arg(data);
        fewshot.args(["--ways", &evaluation.ways.to_string()]);
        fewshot.args(["--shots", &list(&evaluation.shots)]);
        fewshot.args(["--queries", &evaluation.queries.to_string()]);
        let episodes = evaluation.episodes.map_or(episodes, |fewer| fewer.min(episodes));
        fewshot.args(["--episodes", &episodes.to_string()]);
        fewshot.args(["--hallucinate", &list(&evaluation.hallucinations)]);
        for (flag, value) in [
            ("--head", evaluation.head),
            ("--distance", evaluation.distance),
            ("--context", evaluation.context),
            ("--imbalance", evaluation.imbalance),
        ] {
            fewshot.args(value.iter().flat_map(|value| [flag, value]));
        }
        let printed = kept.or_measured(weights, &mut fewshot)?;
        printed.lines().map(|line| row(line, evaluation)).collect()
    }
}

fn row(line: &str, evaluation: &Evaluation) -> Result<Row> {
    let line: Line = serde_json::from_str(line)
        .with_context(|| format!("`fewshot eval --json` printed no result: {line}"))?;
    let gain = line.paired_difference.zip(line.paired_ci95);
    Ok(Row {
        asked: evaluation.clone(),
        shots: line.shots,
        hallucinations: line.hallucinate,
        accuracy: [line.accuracy, line.ci95].map(|fraction| fraction * 100.0),
        gain: gain.map(|(mean, ci)| [mean, ci].map(|fraction| fraction * 100.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_contract_becomes_a_row() {
        let evaluation = Evaluation { hallucinations: vec![0, 10], ..Evaluation::default() };
        let line = r#"{"data":"d","split":"test","ways":5,"shots":1,"queries":15,"episodes":9,
            "distance":"l2","hallucinate":10,"seed":0,"accuracy":0.5,"ci95":0.01,"seconds":1.0,
            "paired_difference":-0.002,"paired_ci95":0.001}"#;
        let row = row(line, &evaluation).unwrap();
        assert_eq!((row.shots, row.hallucinations), (1, 10));
        assert_eq!((row.accuracy, row.gain), ([50.0, 1.0], Some([-0.2, 0.1])));
        assert!(super::row("no result", &evaluation).is_err());
    }
}
