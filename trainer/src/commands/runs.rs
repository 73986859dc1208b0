//! `fewshot runs`: every run under a folder, how far it is, and in what its recipe differs
//! from the others'.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde::Serialize;
use walkdir::WalkDir;

use super::table::aligned;
use crate::cli::RunsArgs;
use crate::output;
use crate::recipe::differences;
use crate::run_dir::metric;
use crate::run_dir::standing::{Condition, Standing};

/// One line of results: its keys are a contract.
#[derive(Debug, Serialize)]
struct Row {
    /// Folder of the run, from the folder given.
    run: String,
    /// The name of its recipe.
    recipe: String,
    state: Condition,
    /// The stage under way or the last, from 1; 0 before the first line of metrics.
    stage: usize,
    kind: Option<String>,
    stages: usize,
    step: usize,
    steps: usize,
    /// What the chosen weights reached on validation classes, fractions.
    validation: BTreeMap<String, f64>,
    /// Wall time, breaks left out.
    seconds: f64,
    device: Option<String>,
    /// Values of the recipe that not all runs have.
    differences: BTreeMap<String, String>,
}

/// Runs the command.
///
/// # Errors
/// Where there is no such folder, or no run in it. A run that cannot be read is told and
/// left out.
pub fn run(args: &RunsArgs) -> Result<()> {
    ensure!(args.dir.is_dir(), "there is no folder {}: check the path", args.dir.display());
    let mut standings = Vec::new();
    for folder in folders(&args.dir) {
        match Standing::read(&folder) {
            Ok(standing) => standings.push((name(&args.dir, &folder), standing)),
            Err(error) => eprintln!("{}", output::one_line(&format!("left out: {error:#}"))),
        }
    }
    ensure!(!standings.is_empty(), "{} holds no run", args.dir.display());
    let differences = differences(standings.iter().map(|(_name, standing)| &standing.recipe))?;
    let rows: Vec<Row> = standings.into_iter().zip(differences).map(Row::of).collect();
    if args.json {
        for row in &rows {
            output::line(serde_json::to_string(row)?)?;
        }
        return Ok(());
    }
    for line in lines(&rows) {
        output::line(line)?;
    }
    Ok(())
}

/// Folders that hold a run, sorted; there are no runs within runs.
fn folders(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut walk = WalkDir::new(dir).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let Ok(entry) = entry else { continue };
        let is_run =
            ["recipe.toml", "run.json"].iter().all(|name| entry.path().join(name).is_file());
        if entry.file_type().is_dir() && is_run {
            found.push(entry.into_path());
            walk.skip_current_dir();
        }
    }
    found
}

fn name(dir: &Path, folder: &Path) -> String {
    match crate::data::relative(dir, folder) {
        name if name.is_empty() => folder.display().to_string(),
        name => name,
    }
}

impl Row {
    fn of(((run, standing), differences): ((String, Standing), BTreeMap<String, String>)) -> Self {
        let Standing { recipe, origin, condition, stage, steps, seconds, validation } = standing;
        let (stage, kind) = stage.map_or((0, None), |(stage, kind)| (stage, Some(kind)));
        let (step, steps) = steps;
        Self {
            run,
            recipe: recipe.name,
            state: condition,
            stage,
            kind,
            stages: recipe.stage.len(),
            step,
            steps,
            validation,
            seconds,
            device: origin.device,
            differences,
        }
    }
}

fn lines(rows: &[Row]) -> Vec<String> {
    let heading = ["run", "recipe", "state", "stage", "step", "time", "device", "validation"];
    let cells = |row: &Row| {
        let kind = row.kind.as_deref().unwrap_or("–");
        let state = match row.state {
            Condition::Finished => "finished",
            Condition::Running => "running",
            Condition::Interrupted => "interrupted",
        };
        vec![
            row.run.clone(),
            row.recipe.clone(),
            state.to_owned(),
            format!("{}/{} {kind}", row.stage, row.stages),
            // Nothing is known of a stage before its first line of metrics.
            if row.steps == 0 { "–".to_owned() } else { format!("{}/{}", row.step, row.steps) },
            time(row.seconds),
            row.device.clone().unwrap_or_else(|| "–".to_owned()),
            metric::words(metric::of_names(&row.validation)),
        ]
    };
    let mut lines = aligned(&heading, &rows.iter().map(cells).collect::<Vec<_>>());
    if rows.iter().any(|row| !row.differences.is_empty()) {
        let all: Vec<_> = rows.iter().map(|row| &row.differences).collect();
        let each = |(run, row): (usize, &Row)| vec![row.run.clone(), told(&all, run).join("  ")];
        let cells: Vec<_> = rows.iter().enumerate().map(each).collect();
        lines.push(String::new());
        lines.extend(aligned(&["run", "differs in"], &cells));
    }
    lines
}

/// What is told of the differences of run number `run`. Of a stage, a generator or an optimizer
/// of another kind than the other runs' it says nothing that each value of it is another: only
/// what runs with the same kind do not share is told beside the kind.
fn told(all: &[&BTreeMap<String, String>], run: usize) -> Vec<String> {
    let own = all[run];
    let goes_with_kind = |key: &str| {
        let tables = key.match_indices('.').map(|(end, _)| &key[..end]);
        tables.map(|table| format!("{table}.kind")).any(|kind| {
            let mut alike = all.iter().filter(|other| other.get(&kind) == own.get(&kind));
            kind != key
                && own.contains_key(&kind)
                && alike.all(|other| other.get(key) == own.get(key))
        })
    };
    let values = own.iter().filter(|(key, _)| !goes_with_kind(key));
    values.map(|(key, value)| format!("{key}={value}")).collect()
}

/// Hours, minutes and seconds, as `1:02:03`.
fn time(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(differences: &[(&str, &str)]) -> BTreeMap<String, String> {
        differences.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn of_another_kind_of_thing_only_the_kind_is_told() {
        let alone = [("seed", "1"), ("stage.0.kind", "fit"), ("stage.0.lambda", "[0.3]")];
        let long = [("stage.0.epochs", "60"), ("stage.0.kind", "pretrain")];
        let short =
            [("stage.0.epochs", "8"), ("stage.0.kind", "pretrain"), ("stage.0.batch", "64")];
        let other = [
            ("stage.0.epochs", "8"),
            ("stage.0.kind", "pretrain"),
            ("stage.0.optimizer.kind", "adam"),
            ("stage.0.optimizer.beta", "0.9"),
        ];
        let rows = [row(&alone), row(&long), row(&short), row(&other)];
        let rows: Vec<_> = rows.iter().collect();
        let [alone, long, short, other] = [0, 1, 2, 3].map(|run| told(&rows, run).join(" "));
        assert_eq!(alone, "seed=1 stage.0.kind=fit");
        assert_eq!(long, "stage.0.epochs=60 stage.0.kind=pretrain");
        assert_eq!(short, "stage.0.batch=64 stage.0.epochs=8 stage.0.kind=pretrain");
        assert_eq!(other, "stage.0.epochs=8 stage.0.kind=pretrain stage.0.optimizer.kind=adam");
    }
}
