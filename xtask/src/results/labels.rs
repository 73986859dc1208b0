//! The table of labels: how many fewer `fewshot next` needs than chance.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::kept::Kept;
use super::trainer::Trainer;
use super::{Model, plan};

/// Draws of each row.
const DRAWS: usize = 200;

/// A line of `fewshot next --data DIR --json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    data: String,
    ways: usize,
    pool: f64,
    accuracy_of_all: f64,
    accuracy_at_first: f64,
    random: f64,
    random_ci95: f64,
    next: f64,
    next_ci95: f64,
    saved: f64,
    saved_ci95: f64,
}

/// Classes to tell apart. Of twenty characters one example each is 95 % already.
fn ways(data: &str) -> Option<usize> {
    match data {
        "caltech101" | "cifar-fs" => Some(20),
        "omniglot" => Some(100),
        _ => None,
    }
}

/// A row for each model on its own data, where that is one of the three.
pub fn measure(
    trainer: &Trainer,
    models: &[Model],
    weights: &Path,
    data: &Path,
    kept: &Kept,
) -> Result<Vec<(String, Row)>> {
    let mut rows = Vec::new();
    for model in models {
        let Some(ways) = ways(&model.data) else { continue };
        let weights = weights.join(&model.file);
        let mut fewshot = Command::new(trainer.path());
        fewshot.args(["next", "--json", "--device", "cpu", "--split", "test"]);
        fewshot.arg("--weights").arg(&weights);
        fewshot.arg("--data").arg(plan::folder(data, &model.data)?);
        fewshot.args(["--ways", &ways.to_string(), "--draws", &DRAWS.to_string()]);
        let printed = kept.or_measured(&weights, &mut fewshot)?;
        let row = serde_json::from_str(&printed)
            .with_context(|| format!("`fewshot next --json` printed no result: {printed}"))?;
        rows.push((model.id.clone(), row));
    }
    Ok(rows)
}

pub fn table(rows: &[(String, Row)]) -> String {
    let mut lines = vec![
        "| model | data | classes | pictures | one label each | all labels | labels at random | \
         labels as asked | fewer |"
            .to_owned(),
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    lines.extend(rows.iter().map(|(model, row)| {
        format!(
            "| {model} | {} | {} | {:.0} | {:.1} | {:.1} | {:.1} ± {:.1} | {:.1} ± {:.1} | {:.1} ± {:.1} |",
            row.data,
            row.ways,
            row.pool,
            row.accuracy_at_first * 100.0,
            row.accuracy_of_all * 100.0,
            row.random,
            row.random_ci95,
            row.next,
            row.next_ci95,
            row.saved,
            row.saved_ci95,
        )
    }));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_contract_becomes_a_line_of_the_table() {
        let line = r#"{"data":"omniglot","split":"test","ways":100,"count":10,"draws":20,"seed":0,
            "share":0.95,"pool":1279.4,"accuracy_of_all":0.974,"accuracy_at_first":0.885,
            "random":217.0,"random_ci95":23.5,"next":148.5,"next_ci95":8.7,"saved":68.5,
            "saved_ci95":19.7,"seconds":9.1}"#;
        let row = serde_json::from_str(line).unwrap();
        let table = table(&[("o".to_owned(), row)]);
        let expected = "| o | omniglot | 100 | 1279 | 88.5 | 97.4 | 217.0 ± 23.5 | 148.5 ± 8.7 | 68.5 ± 19.7 |";
        assert_eq!(table.lines().nth(2), Some(expected));
    }
}
