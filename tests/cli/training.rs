//! `train`: what a run leaves, going on after Ctrl-C, and recipes that cannot be used.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fewshot_tests::command::{Outcome, command, finish};
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

    fn prepare(&self, run: &Path, more: &[&str]) -> Result<Command> {
        let mut command = command(["train"])?;
        command.arg("--recipe").arg(&self.recipe).arg("--data").arg(&self.data);
        command.arg("--out").arg(run).args(more);
        Ok(command)
    }

    fn train(&self, run: &Path, more: &[&str]) -> Result<Outcome> {
        finish(&mut self.prepare(run, more)?)
    }

    fn start(&self, run: &Path, more: &[&str]) -> Result<Child> {
        let mut command = self.prepare(run, more)?;
        Ok(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
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
    let whole = desk.path("whole");
    desk.train(&whole, &[])?.succeeded()?;
    let steps = |run: &Path| -> Result<usize> {
        Ok(fs::read_to_string(run.join("metrics.jsonl"))?.lines().count())
    };
    for signal in ["-INT", "-TERM", "-HUP"] {
        let torn = desk.path(signal);
        interrupt(&desk, &torn, signal)?;
        fewshot!("train", "--resume", &torn)?.succeeded()?;
        for name in ["best.safetensors", "last.safetensors"] {
            same_tensors(&whole.join(name), &torn.join(name)).context(name)?;
        }
        ensure!(steps(&whole)? == steps(&torn)?, "metrics are missing or double");
    }
    Ok(())
}

/// Ends a run by a signal after its first validation.
#[cfg(unix)]
fn interrupt(desk: &Desk, run: &Path, signal: &str) -> Result<()> {
    let child = desk.start(run, &[])?;
    let started = Instant::now();
    while !run.join("last.safetensors").exists() {
        ensure!(started.elapsed() < Duration::from_secs(120), "no validation in two minutes");
        std::thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args([signal, &child.id().to_string()]).status()?;
    let output = child.wait_with_output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(130), "{signal}: {:?}: {told}", output.status);
    ensure!(told.contains("--resume"), "it was over before it could be interrupted: {told}");
    Ok(())
}

#[test]
#[cfg(unix)]
fn a_run_killed_before_its_first_checkpoint_begins_again() -> Result<()> {
    let desk = Desk::new()?;
    // One validation, at the end: until then there is nothing to go on from.
    let late = ["--set", "stage.episodic.validate_every=300"];
    let whole = desk.path("whole");
    desk.train(&whole, &late)?.succeeded()?;
    let killed = desk.path("killed");
    for again in ["--resume", "--out"] {
        let mut child = desk.start(&killed, &late)?;
        while !killed.join("run.json").exists() {
            ensure!(child.try_wait()?.is_none(), "it did not begin");
            std::thread::sleep(Duration::from_millis(2));
        }
        // Meanwhile nobody else trains there.
        if again == "--out" {
            desk.train(&killed, &late)?.refused(&["killed", "another process"])?;
        }
        child.kill()?;
        child.wait()?;
        ensure!(!killed.join("state.safetensors").exists(), "it was over before it was killed");
        let outcome = match again {
            "--resume" => fewshot!("train", "--resume", &killed)?,
            _ => desk.train(&killed, &late)?,
        };
        outcome.succeeded()?;
        same_tensors(&whole.join("best.safetensors"), &killed.join("best.safetensors"))?;
        fs::remove_dir_all(&killed)?;
    }
    Ok(())
}

#[test]
#[cfg(unix)]
fn a_run_goes_on_from_anywhere_and_notices_other_data() -> Result<()> {
    let desk = Desk::new()?;
    let run = desk.path("run");
    // Begun with relative paths, gone on with from elsewhere.
    let mut child = command(["train", "--recipe", "tiny.toml", "--data", "data", "--out", "run"])?
        .current_dir(desk.folder.path())
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    while !run.join("state.safetensors").exists() {
        ensure!(child.try_wait()?.is_none(), "it ended before its first checkpoint");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill()?;
    child.wait()?;
    let before = fixture::files(&run)?;
    let picture = desk.data.join("train/train-1/03.png");
    let aside = desk.path("aside.png");
    fs::rename(&picture, &aside)?;
    let resume = || fewshot!("train", "--resume", &run);
    resume()?.refused(&["run", "'train-1' had 6 pictures and has 5"])?;
    fs::rename(&aside, &picture)?;
    let (class, renamed) = (desk.data.join("val/val-0"), desk.data.join("val/other"));
    fs::rename(&class, &renamed)?;
    resume()?.refused(&["run", "'val-0' is gone"])?;
    fs::rename(&renamed, &class)?;
    let moved = desk.path("moved");
    fs::rename(&desk.data, &moved)?;
    resume()?.refused(&["run", "data", "--data"])?;
    ensure!(fixture::files(&run)? == before, "a failed --resume deleted something");
    fewshot!("train", "--resume", &run, "--data", &moved)?.succeeded()?;
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
fn a_loss_that_explodes_is_told_with_step_and_seed_and_the_checkpoint_stays() -> Result<()> {
    let desk = Desk::new()?;
    let run = desk.path("run");
    let wild = ["--set", "stage.episodic.schedule.rate=1000.0", "--set", "model.distance=dot"];
    let outcome = desk.train(&run, &wild)?;
    outcome.refused(&["loss", "step", "seed 3", "lower learning rate"])?;
    // Where it had come to a checkpoint, that still opens.
    let last = run.join("last.safetensors");
    if last.exists() {
        fewshot!("info", &last)?.succeeded()?;
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
    train(&desk.recipe, "validation.ways=4")?.refused(&[
        "data",
        "val has 3",
        "validation.ways=3",
    ])?;
    train(&desk.recipe, "stage.episodic.augment.min_area=-1")?
        .refused(&["min_area is -1", "share"])?;
    train(&desk.recipe, "stage.episodic.schedule.rate=nan")?
        .refused(&["schedule.rate", "number"])?;
    train(&desk.recipe, "stage.episodic.augment={shift=2,min_area=0.5}")?.refused(&["shift"])?;
    train(&desk.recipe, "model.generator.hallucinated_weight=-1.0")?
        .refused(&["hallucinated_weight"])?;
    train(&desk.recipe, "start=nowhere.safetensors")?.refused(&["nowhere.safetensors"])?;
    train(&desk.recipe, "nonsense")?.refused(&["nonsense", "key=value"])?;
    let broken = desk.path("broken.toml");
    fs::write(&broken, "name = ")?;
    train(&broken, "seed=1")?.refused(&["broken.toml"])?;
    ensure!(!run.exists(), "left by recipes that were refused: {:?}", fixture::files(&run)?);
    fewshot!("train", "--resume", &desk.path("nowhere"))?.refused(&["nowhere"])
}
