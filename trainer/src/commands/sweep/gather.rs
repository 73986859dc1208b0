//! One table of a sweep's jobs: for each combination of values the mean over its seeds.

use std::collections::BTreeSet;

use anyhow::Result;
use fewshot::metrics::Interval;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::plan::Plan;
use crate::cli::GatherArgs;
use crate::commands::table::aligned;
use crate::output;
use crate::run_dir::metric::Metric;
use crate::run_dir::standing::{Condition, Standing};

/// One line of results: its keys are a contract.
#[derive(Debug, Serialize)]
struct Row {
    recipe: String,
    /// The values that were tried, `key=value`.
    set: Vec<String>,
    /// Those whose jobs are finished.
    seeds: Vec<u64>,
    /// Mean and half of the 95 % interval over these seeds, fractions.
    validation: Map<String, Value>,
    #[serde(skip)]
    setting: String,
    #[serde(skip)]
    intervals: Vec<(Metric, Interval)>,
}

/// Runs the command.
///
/// # Errors
/// Where there is no plan, or a run of it is damaged.
pub fn run(args: &GatherArgs) -> Result<()> {
    let plan = Plan::read(&args.dir)?;
    let mut rows: Vec<Row> = Vec::new();
    let mut figures: Vec<Vec<Vec<(String, f64)>>> = Vec::new();
    let mut waiting = Vec::new();
    for (number, job) in plan.jobs.iter().enumerate() {
        let setting = job.setting();
        let index = rows.iter().position(|row| row.setting == setting).unwrap_or_else(|| {
            let (recipe, set) = (job.recipe.clone(), job.varied.clone());
            let (seeds, validation, intervals) = (Vec::new(), Map::new(), Vec::new());
            rows.push(Row { recipe, set, seeds, validation, setting, intervals });
            figures.push(Vec::new());
            rows.len() - 1
        });
        let folder = job.folder(&args.dir, number);
        let standing =
            folder.join("run.json").exists().then(|| Standing::read(&folder)).transpose()?;
        match standing {
            Some(standing) if standing.condition == Condition::Finished => {
                rows[index].seeds.push(job.seed);
                figures[index].push(standing.validation.into_iter().collect());
            }
            _ => waiting.push(number.to_string()),
        }
    }
    for (row, figures) in rows.iter_mut().zip(&figures) {
        row.average(figures);
    }
    if !waiting.is_empty() {
        let (count, all) = (waiting.len(), plan.jobs.len());
        eprintln!("note: {count} of {all} jobs are not finished: {}", waiting.join(","));
    }
    if args.json {
        for row in &rows {
            output::line(serde_json::to_string(row)?)?;
        }
        return Ok(());
    }
    for line in table(&rows) {
        output::line(line)?;
    }
    Ok(())
}

impl Row {
    /// Figures that all of its seeds have.
    fn average(&mut self, figures: &[Vec<(String, f64)>]) {
        for (name, _) in figures.iter().flatten().take(figures.first().map_or(0, Vec::len)) {
            let of = |figures: &Vec<(String, f64)>| {
                figures.iter().find(|(other, _)| other == name).map(|(_, value)| *value)
            };
            let values: Vec<f64> = figures.iter().filter_map(of).collect();
            if values.len() == figures.len() {
                let interval = Interval::of(&values);
                let ci95 = (interval.count > 1).then_some(interval.ci95);
                self.validation
                    .insert(name.clone(), json!({ "mean": interval.mean, "ci95": ci95 }));
                self.intervals.extend(Metric::of(name).map(|metric| (metric, interval)));
            }
        }
    }
}

fn table(rows: &[Row]) -> Vec<String> {
    let metrics: BTreeSet<&Metric> =
        rows.iter().flat_map(|row| &row.intervals).map(|(metric, _)| metric).collect();
    let names: Vec<String> = metrics.iter().map(ToString::to_string).collect();
    let heading: Vec<&str> =
        ["setting", "seeds"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let cells = |row: &Row| {
        let figure = |metric: &&Metric| {
            let found = row.intervals.iter().find(|(other, _)| other == *metric);
            found.map_or_else(
                || "–".to_owned(),
                |(_, interval)| {
                    let mean = interval.mean * 100.0;
                    match interval.count {
                        1 => format!("{mean:.2}"),
                        _ => format!("{mean:.2} ± {:.2}", interval.ci95 * 100.0),
                    }
                },
            )
        };
        let first = [row.setting.clone(), row.seeds.len().to_string()];
        first.into_iter().chain(metrics.iter().map(figure)).collect()
    };
    aligned(&heading, &rows.iter().map(cells).collect::<Vec<_>>())
}
