//! `cargo xtask bench runs`: how much of a training run is the encoder's steps, at the speed at
//! which `fewshot bench` times them alone. The rest is pictures that were waited for, the
//! classifier and its optimizer, averaged weights, validation and files.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::native::{THREADS, Trainer};
use super::ratio::Goal;
use super::table::{markdown, ms};
use crate::command;
use crate::data;
use crate::digest::write;
use crate::progress::step;
use crate::results::plan;
use crate::workspace::Workspace;

/// A recipe's first stage, for as many epochs as there are from one validation to the next: a
/// whole run repeats them.
struct Case {
    recipe: &'static str,
    /// Below the unpacked data sets.
    data: &'static str,
    epochs: i64,
    image_size: &'static str,
    batch: &'static str,
}

const CASES: [Case; 2] = [
    Case { recipe: "cifar-fs", data: "cifar100", epochs: 3, image_size: "32", batch: "128" },
    Case {
        recipe: "tiny-imagenet",
        data: "tiny-imagenet-fewshot",
        epochs: 5,
        image_size: "84",
        batch: "64",
    },
];

/// Percent of the time.
const GOAL: Goal = Goal { must: 70.0, aim: 70.0 };

/// A line of a run's metrics, as far as it is needed.
#[derive(Deserialize)]
struct Line {
    kind: String,
    step: usize,
    seconds: f64,
}

/// What a case took.
struct Measured {
    recipe: &'static str,
    steps: usize,
    seconds: f64,
    /// Of a step by itself, before the run and after it.
    alone_ms: [f64; 2],
}

impl Measured {
    /// The faster of the two: a slow one says that the machine was doing something else.
    fn best_alone_ms(&self) -> f64 {
        self.alone_ms[0].min(self.alone_ms[1])
    }

    /// Percent of the time that the steps would take alone.
    fn share(&self) -> f64 {
        100.0 * self.best_alone_ms() / 1000.0 * self.steps as f64 / self.seconds
    }
}

pub fn run(workspace: &Workspace) -> Result<String> {
    let trainer = Trainer::build(workspace)?;
    let data = data::unpacked(workspace)?
        .context("a run needs the data sets: say where their archives lie by FEWSHOT_DATA")?;
    let mut rows = Vec::new();
    for case in &CASES {
        let what = format!("pre-training by {}, and its steps alone", case.recipe);
        rows.push(step(&what, || measure(workspace, &trainer, &data, case))?);
    }
    Ok(table(&rows))
}

fn measure(workspace: &Workspace, trainer: &Trainer, data: &Path, case: &Case) -> Result<Measured> {
    let alone = || -> Result<f64> {
        let size = ["--image-size", case.image_size, "--batch", case.batch];
        let arguments = [&["train", "--seconds", "3"][..], &size].concat();
        Ok(trainer.bench(&arguments)?.ms_per_batch)
    };
    let out = workspace.target.join("bench/runs").join(case.recipe);
    if out.exists() {
        fs::remove_dir_all(&out).with_context(|| format!("cannot remove {}", out.display()))?;
    }
    let recipe = out.with_extension("toml");
    write(&recipe, first_stage(&shipped_recipe(workspace, case.recipe)?, case.epochs)?)?;
    let before = alone()?;
    let mut train = Command::new(trainer.path());
    train.args(["train", "--device", "cpu", "--recipe"]).arg(&recipe);
    train.arg("--data").arg(data.join(case.data)).arg("--out").arg(&out);
    // The shipped models' weights are chosen on these too.
    train.arg("--also").arg(plan::folder(data, plan::PHOTOGRAPHS)?);
    train.env("RAYON_NUM_THREADS", THREADS.to_string());
    command::run(&mut train)?;
    let path = out.join("metrics.jsonl");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (steps, seconds) = pretraining(&text)?;
    Ok(Measured { recipe: case.recipe, steps, seconds, alone_ms: [before, alone()?] })
}

fn shipped_recipe(workspace: &Workspace, name: &str) -> Result<String> {
    let path = workspace.root.join(format!("trainer/src/recipes/{name}.toml"));
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The recipe without the stages after its first, for so many epochs.
fn first_stage(recipe: &str, epochs: i64) -> Result<String> {
    let mut recipe: toml::Table = recipe.parse().context("the recipe is no TOML")?;
    let stages = recipe.get_mut("stage").and_then(toml::Value::as_array_mut);
    let first = stages.and_then(|stages| {
        stages.truncate(1);
        stages.first_mut()?.as_table_mut()
    });
    first.context("the recipe has no stages")?.insert("epochs".to_owned(), epochs.into());
    toml::to_string(&recipe).context("the recipe cannot be written")
}

/// Steps of pre-training, and its seconds with all that goes with it.
fn pretraining(metrics: &str) -> Result<(usize, f64)> {
    let mut last = None;
    for line in metrics.lines() {
        let line: Line = serde_json::from_str(line).context("the run's metrics are not lines")?;
        if line.kind == "pretrain" {
            last = Some((line.step, line.seconds));
        }
    }
    last.context("the run did not pre-train")
}

fn table(rows: &[Measured]) -> String {
    let head = ["recipe", "steps", "together, s", "a step alone, ms", "of the time", "must", ""];
    let row = |row: &Measured| {
        vec![
            row.recipe.to_owned(),
            row.steps.to_string(),
            format!("{:.0}", row.seconds),
            ms(row.best_alone_ms()),
            format!("**{:.0} %**", row.share()),
            format!("{:.0} %", GOAL.must),
            GOAL.at_least(row.share()).to_string(),
        ]
    };
    markdown(&head, &rows.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_recipe_only_the_first_stage_is_run() {
        let recipe = "seed = 0\n[[stage]]\nkind = \"pretrain\"\nepochs = 60\n\
                      [[stage]]\nkind = \"fit\"\n";
        let first: toml::Table = first_stage(recipe, 3).unwrap().parse().unwrap();
        let expected = "seed = 0\n[[stage]]\nkind = \"pretrain\"\nepochs = 3\n";
        assert_eq!(first, expected.parse::<toml::Table>().unwrap());
        assert!(first_stage("seed = 0", 3).is_err());
        assert!(first_stage("stage = []", 3).is_err());
    }

    #[test]
    fn a_share_is_of_the_whole_stage() {
        let metrics = r#"{"stage":1,"kind":"pretrain","step":50,"steps":100,"seconds":4.1,"loss":3.9}
{"stage":1,"kind":"pretrain","step":100,"steps":100,"seconds":10.0,"val_1shot":0.5}
{"stage":2,"kind":"fit","step":1,"steps":1,"seconds":12.0}"#;
        let (steps, seconds) = pretraining(metrics).unwrap();
        assert_eq!((steps, seconds), (100, 10.0));
        let measured = Measured { recipe: "cifar-fs", steps, seconds, alone_ms: [80.0, 95.0] };
        assert!((measured.share() - 80.0).abs() < 1e-9);
        let table = table(&[measured]);
        assert!(table.contains("| cifar-fs | 100 | 10 | 80.0 | **80 %** | 70 % |"), "{table}");
        assert!(pretraining("{\"kind\":\"fit\",\"step\":1,\"seconds\":1.0}").is_err());
    }
}
