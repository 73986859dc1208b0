//! `train`: what a run leaves, going on after Ctrl-C, and recipes that cannot be used.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fewshot_tests::command::command;
use fewshot_tests::{fewshot, fixture, golden};
use serde_json::Value;

const RECIPE: &str = r#"
name = "tiny"
seed = 3

[model.image]
size = 16
resize = 16
channels = 3
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]

[model.encoder]
channels = 8
blocks = 4

[model.generator]
kind = "reference"
hidden = 16
dropout = 0.5

[validation]
ways = 3
shots = [1]
queries = 2
episodes = 20

[[stage]]
kind = "episodic"
episodes = 300
ways = 3
shots = 1
queries = 2
hallucinate = 2
optimizer = { kind = "adam" }
schedule = { kind = "halving", rate = 1e-3, every = 100 }
validate_every = 50
"#;

struct Desk {
    folder: tempfile::TempDir,
    recipe: PathBuf,
    data: PathBuf,
}

impl Desk {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let recipe = folder.path().join("tiny.toml");
        fs::write(&recipe, RECIPE)?;
        let data = fixture::splits(&folder.path().join("data"), 3, 6)?;
        Ok(Self { folder, recipe, data })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[test]
fn a_run_leaves_its_recipe_metrics_curves_and_weights() -> Result<()> {
    let desk = Desk::new()?;
    let run = desk.path("run");
    let outcome = fewshot!("train", "--recipe", &desk.recipe, "--data", &desk.data, "--out", &run)?
        .succeeded()?;
    let best = run.join("best.safetensors");
    ensure!(outcome.stdout.trim() == best.to_string_lossy(), "{}", outcome.stdout);
    ensure!(outcome.stderr.contains("device: "), "the device is told: {}", outcome.stderr);
    let found = fixture::files(&run)?;
    for name in
        ["best.safetensors", "curves.svg", "last.safetensors", "metrics.jsonl", "recipe.toml"]
    {
        ensure!(found.iter().any(|file| file == name), "{name} is not in {found:?}");
    }
    ensure!(fs::read_to_string(run.join("recipe.toml"))?.contains("validate_every = 50"));
    for line in fs::read_to_string(run.join("metrics.jsonl"))?.lines() {
        ensure!(serde_json::from_str::<Value>(line)?.is_object(), "{line}");
    }
    let info = fewshot!("info", &best)?.succeeded()?.stdout;
    ensure!(info.contains("tiny") && info.contains("seed"), "{info}");
    fewshot!("train", "--recipe", &desk.recipe, "--data", &desk.data, "--out", &run)?
        .refused(&["run", "--resume"])
}

#[test]
#[cfg(unix)]
fn a_run_that_was_interrupted_ends_as_one_that_was_not() -> Result<()> {
    let desk = Desk::new()?;
    let (whole, torn) = (desk.path("whole"), desk.path("torn"));
    fewshot!("train", "--recipe", &desk.recipe, "--data", &desk.data, "--out", &whole)?
        .succeeded()?;
    interrupt(&desk, &torn)?;
    fewshot!("train", "--resume", &torn)?.succeeded()?;
    for name in ["best.safetensors", "last.safetensors"] {
        same_tensors(&whole.join(name), &torn.join(name)).context(name)?;
    }
    let steps = |run: &Path| -> Result<usize> {
        Ok(fs::read_to_string(run.join("metrics.jsonl"))?.lines().count())
    };
    ensure!(steps(&whole)? == steps(&torn)?, "metrics are missing or double");
    Ok(())
}

/// Ctrl-C after the first validation.
#[cfg(unix)]
fn interrupt(desk: &Desk, run: &Path) -> Result<()> {
    let (recipe, data) = (desk.recipe.as_os_str(), desk.data.as_os_str());
    let arguments = ["train".as_ref(), "--recipe".as_ref(), recipe, "--data".as_ref(), data];
    let mut command = command(arguments)?;
    let child = command.arg("--out").arg(run).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = child.spawn()?;
    let started = Instant::now();
    while !run.join("last.safetensors").exists() {
        ensure!(started.elapsed() < Duration::from_secs(120), "no validation in two minutes");
        std::thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    let output = child.wait_with_output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "an interrupted run ends cleanly: {told}");
    ensure!(told.contains("--resume"), "it was over before it could be interrupted: {told}");
    Ok(())
}

fn same_tensors(one: &Path, other: &Path) -> Result<()> {
    let read = |path: &Path| -> Result<_> {
        Ok(fewshot::Checkpoint::from_bytes(&fs::read(path)?)?.parameters)
    };
    let (one, other) = (read(one)?, read(other)?);
    for (name, tensor) in one.iter() {
        let resumed = other.find(name).with_context(|| name.to_owned())?;
        golden::check(name, tensor, resumed, 0.0)?;
    }
    Ok(())
}

#[test]
fn recipes_that_cannot_be_used_are_told_with_the_cure() -> Result<()> {
    let desk = Desk::new()?;
    let run = desk.path("run");
    let train = |recipe: &Path, change: &str| {
        fewshot!("train", "--recipe", recipe, "--data", &desk.data, "--out", &run, "--set", change)
    };
    train(Path::new("synthetik"), "seed=1")?.refused(&["synthetik", "synthetic"])?;
    train(&desk.path("missing.toml"), "seed=1")?.refused(&["missing.toml", "check"])?;
    train(&desk.recipe, "model.colour=3")?.refused(&["tiny.toml", "colour"])?;
    train(&desk.recipe, "stage.episodic.ways=0")?.refused(&["ways"])?;
    train(&desk.recipe, "stage.episodic.ways=4")?.refused(&["data", "4 classes", "3"])?;
    train(&desk.recipe, "stage.episodic.queries=6")?.refused(&["data", "6 images", "7"])?;
    train(&desk.recipe, "nonsense")?.refused(&["nonsense", "key=value"])?;
    let broken = desk.path("broken.toml");
    fs::write(&broken, "name = ")?;
    train(&broken, "seed=1")?.refused(&["broken.toml"])?;
    ensure!(!run.exists(), "left by recipes that were refused: {:?}", fixture::files(&run)?);
    fewshot!("train", "--resume", &desk.path("nowhere"))?.refused(&["nowhere"])
}
