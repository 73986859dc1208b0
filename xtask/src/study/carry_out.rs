//! One run of a study: trained, or gone on with, then evaluated.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::plan::{Evaluation, Run, Study};
use super::record::Line;
use crate::command;
use crate::digest::{read, write};
use crate::progress::step;
use crate::results::plan::folder;
use crate::results::trainer::Trainer;

/// The column of what a picture costs.
pub const TIME: &str = "ms a picture";

/// The lines of a run. Its training is kept below `runs` and goes on if it was interrupted.
pub fn run(
    trainer: &Trainer,
    study: &Study,
    run: &Run,
    root: &Path,
    runs: &Path,
) -> Result<Vec<Line>> {
    let (weights, trained, minutes) = match &run.weights {
        Some(weights) => (PathBuf::from(weights), None, None),
        None => {
            let out = runs.join(run.folder());
            let call = study.call(run);
            step(&format!("train {}", run.name()), || {
                train(trainer, study, run, &call, root, &out)
            })?;
            (out.join("best.safetensors"), Some(call), Some(minutes(&out)?))
        }
    };
    let mut lines = Vec::new();
    for evaluation in &run.eval {
        let data = folder(root, evaluation.data.as_ref().unwrap_or(&study.data))?;
        let cells = step(&format!("evaluate {}: {}", run.row, evaluation.column), || {
            evaluate(trainer, study, evaluation, &weights, &data)
        })?;
        lines.extend(cells);
    }
    if run.time {
        lines.push(step(&format!("time {}", run.row), || time(trainer, &weights))?);
    }
    let of_run = |cell| Line {
        run: run.name(),
        row: run.row.clone(),
        trained: trained.clone(),
        minutes,
        ..cell
    };
    Ok(lines.into_iter().map(of_run).collect())
}

/// Milliseconds to encode one picture on one thread.
fn time(trainer: &Trainer, weights: &Path) -> Result<Line> {
    let mut fewshot = Command::new(trainer.path());
    fewshot.args(["bench", "encode", "--json", "--batch", "1", "--threads", "1"]);
    fewshot.args(["--seconds", "5"]).arg("--weights").arg(weights);
    let printed = command::output(&mut fewshot)?;
    let report: Value = serde_json::from_str(&printed).context("`fewshot bench` is no JSON")?;
    cell(TIME.to_owned(), report["ms_per_image"].as_f64(), None)
}

/// Begins what `call` says, or goes on with it.
fn train(
    trainer: &Trainer,
    study: &Study,
    run: &Run,
    call: &str,
    root: &Path,
    out: &Path,
) -> Result<()> {
    let mut fewshot = Command::new(trainer.path());
    fewshot.arg("train");
    if is_begun(out, call) {
        fewshot.arg("--resume").arg(out);
    } else {
        clear(out)?;
        fewshot.args(["--recipe", &study.recipe]).arg("--out").arg(out);
        fewshot.arg("--data").arg(folder(root, &study.data)?);
        for also in &study.also {
            fewshot.arg("--also").arg(folder(root, also)?);
        }
        study.changes(run).for_each(|change| {
            fewshot.args(["--set", change]);
        });
        write(&begun_as(out), call)?;
    }
    command::run(&mut fewshot)
}

/// Beside a run's folder: what it was begun as.
fn begun_as(out: &Path) -> PathBuf {
    out.with_extension("call")
}

/// Whether there is a training to go on with, and it is this one.
fn is_begun(out: &Path, call: &str) -> bool {
    let begun = std::fs::read_to_string(begun_as(out)).ok();
    out.join("run.json").is_file() && begun.as_deref() == Some(call)
}

/// Takes away what a training left that was stopped before it began, or was another: there is
/// nothing to go on from, and a new one wants the folder for itself.
fn clear(out: &Path) -> Result<()> {
    match std::fs::remove_dir_all(out) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", out.display()))
        }
        _ => Ok(()),
    }
}

/// Wall time, from the last line of the run's metrics.
fn minutes(out: &Path) -> Result<f64> {
    let text = String::from_utf8(read(&out.join("metrics.jsonl"))?)?;
    let last: Value = serde_json::from_str(text.lines().last().context("a run without metrics")?)?;
    let seconds = last["seconds"].as_f64().context("metrics without seconds")?;
    Ok((seconds / 6.0).round() / 10.0)
}

fn evaluate(
    trainer: &Trainer,
    study: &Study,
    evaluation: &Evaluation,
    weights: &Path,
    data: &Path,
) -> Result<Vec<Line>> {
    let numbers: Vec<_> = evaluation.hallucinate.iter().map(ToString::to_string).collect();
    let mut fewshot = Command::new(trainer.path());
    fewshot.args(["eval", "--json", "--split", &study.split, "--hallucinate", &numbers.join(",")]);
    fewshot.args(["--shots", &evaluation.shots.to_string()]);
    let episodes = evaluation.episodes.unwrap_or(study.episodes).to_string();
    fewshot.args(["--episodes", &episodes, "--generator", &evaluation.generator]);
    fewshot.arg("--weights").arg(weights).arg("--data").arg(data);
    if evaluation.spread {
        fewshot.arg("--spread");
    }
    if evaluation.outsiders {
        fewshot.arg("--outsiders");
    }
    cells(evaluation, &command::output(&mut fewshot)?)
}

/// The cells of an evaluation, from what `fewshot eval --json` printed.
fn cells(evaluation: &Evaluation, printed: &str) -> Result<Vec<Line>> {
    let mut cells = Vec::new();
    let mut spread = None;
    for (index, line) in printed.lines().enumerate() {
        let row: Value = serde_json::from_str(line)
            .with_context(|| format!("`fewshot eval --json` printed no result: {line}"))?;
        let number = |key: &str| row[key].as_f64();
        let percent = |key: &str| number(key).map(|fraction| fraction * 100.0);
        let of_m = format!("{}, M = {}", evaluation.column, row["hallucinate"]);
        let column = &evaluation.column;
        if index == 0 {
            cells.push(cell(column.clone(), percent("accuracy"), percent("ci95"))?);
        } else {
            let (value, ci95) = (percent("paired_difference"), percent("paired_ci95"));
            cells.push(Line { difference: true, ..cell(of_m, value, ci95)? });
        }
        if index == 0 && evaluation.outsiders {
            let name = format!("{column}, AUROC");
            cells.push(cell(name, number("auroc"), number("auroc_ci95"))?);
        }
        spread = number("spread").or(spread);
    }
    if evaluation.spread {
        cells.push(cell(format!("{}, variance", evaluation.column), spread, None)?);
    }
    Ok(cells)
}

fn cell(column: String, value: Option<f64>, ci95: Option<f64>) -> Result<Line> {
    let value = value.with_context(|| format!("nothing was measured for `{column}`"))?;
    Ok(Line { column, value, ci95, ..Line::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_training_without_a_checkpoint_left_goes() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("l2--1-shot");
        clear(&out).unwrap();
        std::fs::create_dir(&out).unwrap();
        std::fs::write(out.join("recipe.toml"), "").unwrap();
        clear(&out).unwrap();
        assert!(!out.exists() && parent.path().exists());
    }

    #[test]
    fn only_the_same_training_goes_on() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("study/dot--1-shot--m---10");
        write(&begun_as(&out), "fewshot train --set seed=0").unwrap();
        assert!(!is_begun(&out, "fewshot train --set seed=0"), "nothing is there yet");
        std::fs::create_dir_all(&out).unwrap();
        std::fs::write(out.join("run.json"), "{}").unwrap();
        assert!(is_begun(&out, "fewshot train --set seed=0"));
        assert!(!is_begun(&out, "fewshot train --set seed=1"));
    }

    #[test]
    fn rows_become_cells_the_later_ones_as_differences() {
        let evaluation: Evaluation = toml::from_str(
            "column = '1-shot'\nshots = 1\nhallucinate = [0, 10]\nspread = true\noutsiders = true",
        )
        .unwrap();
        let printed = r#"{"hallucinate":0,"accuracy":0.5,"ci95":0.01,"auroc":0.7,"auroc_ci95":0.02}
{"hallucinate":10,"accuracy":0.51,"ci95":0.01,"paired_difference":0.01,"paired_ci95":0.001,"spread":0.4}"#;
        let cells = cells(&evaluation, printed).unwrap();
        let told: Vec<_> = cells.iter().map(|cell| (cell.column.as_str(), cell.value)).collect();
        let expected = [
            ("1-shot", 50.0),
            ("1-shot, AUROC", 0.7),
            ("1-shot, M = 10", 1.0),
            ("1-shot, variance", 0.4),
        ];
        assert_eq!(told, expected);
        assert_eq!(
            cells.iter().map(|cell| cell.difference).collect::<Vec<_>>(),
            [false, false, true, false]
        );
        assert!(super::cells(&evaluation, "no result").is_err());
    }
}
