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
            figures(&row.validation),
        ]
    };
    let mut lines = aligned(&heading, &rows.iter().map(cells).collect::<Vec<_>>());
    if rows.iter().any(|row| !row.differences.is_empty()) {
        let each = |row: &Row| {
            let values = row.differences.iter().map(|(key, value)| format!("{key}={value}"));
            vec![row.run.clone(), values.collect::<Vec<_>>().join("  ")]
        };
        lines.push(String::new());
        lines.extend(aligned(&["run", "differs in"], &rows.iter().map(each).collect::<Vec<_>>()));
    }
    lines
}

/// `1shot 61.20 %, 5shot 78.00 %; caltech101: 1shot 60.10 %`, by the number of shots.
fn figures(validation: &BTreeMap<String, f64>) -> String {
    let mut kinds: BTreeMap<&str, Vec<(usize, String)>> = BTreeMap::new();
    for (name, value) in validation {
        let (kind, figure) = name.rsplit_once("val_").unwrap_or(("", name));
        let shots = figure.split(|c: char| !c.is_ascii_digit()).next();
        let shots = shots.and_then(|digits| digits.parse().ok()).unwrap_or(usize::MAX);
        let figure = format!("{figure} {:.2} %", value * 100.0);
        kinds.entry(kind.trim_end_matches('_')).or_default().push((shots, figure));
    }
    let each = kinds.into_iter().map(|(kind, mut figures)| {
        figures.sort();
        let figures: Vec<_> = figures.into_iter().map(|(_, figure)| figure).collect();
        let figures = figures.join(", ");
        if kind.is_empty() { figures } else { format!("{kind}: {figures}") }
    });
    each.collect::<Vec<_>>().join("; ")
}

/// Hours, minutes and seconds, as `1:02:03`.
fn time(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_by_kind_of_pictures_and_number_of_shots() {
        let names = ["val_10shot", "val_1shot", "val_5shot_hallucinated", "interval_val_5shot"];
        let validation = names.map(|name| (name.to_owned(), 0.5)).into_iter().collect();
        assert_eq!(
            figures(&validation),
            "1shot 50.00 %, 5shot_hallucinated 50.00 %, 10shot 50.00 %; interval: 5shot 50.00 %"
        );
    }
}
