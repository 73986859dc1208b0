//! Runs ended at every step of writing, one after the other: by SIGKILL, and by a
//! full disk. Whatever step it was, the run goes on and ends bit for bit as one that
//! was never stopped; damaged checkpoints are noticed, and the one before is used.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fewshot::Checkpoint;
use fewshot::rng::rng;
use fewshot_tests::command::{Outcome, command, finish};
use fewshot_tests::{fewshot, fixture, golden};
use rand::Rng as _;
use serde_json::Value;

/// Every kind of stage, as short as it can be with a validation in its middle.
const RECIPE: &str = r#"
name = "tiny"
seed = 3
[model]
transform = "center_l2"
[model.image]
size = 8
resize = 8
channels = 3
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
[model.encoder]
channels = 4
blocks = 3
[model.generator]
kind = "residual"
hidden = 4
dropout = 0.5
[validation]
ways = 2
shots = [1]
queries = 2
episodes = 10
hallucinate = 2
[[stage]]
kind = "pretrain"
epochs = 2
batch = 8
scale = 10.0
optimizer = { kind = "sgd", weight_decay = 5e-4 }
schedule = { kind = "cosine", rate = 0.05 }
[[stage]]
kind = "episodic"
episodes = 2
ways = 2
shots = 1
queries = 1
learn_temperature = true
optimizer = { kind = "adam" }
schedule = { kind = "halving", rate = 1e-3, every = 2 }
validate_every = 1
[[stage]]
kind = "fit"
[[stage]]
kind = "hallucinate"
episodes = 2
ways = 2
shots = [1, 2]
queries = 1
hallucinate = [1, 3]
optimizer = { kind = "adam" }
schedule = { kind = "cosine", rate = 1e-3 }
validate_every = 1
"#;

/// Steps at which the run below is ended; fewer would mean that some are not counted.
const LEAST_STEPS: usize = 85;

struct Desk {
    folder: tempfile::TempDir,
    whole: PathBuf,
}

impl Desk {
    /// With a run that was never stopped.
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("tiny.toml"), RECIPE)?;
        noise(&folder.path().join("data"))?;
        let whole = folder.path().join("whole");
        let desk = Self { folder, whole };
        desk.begin(&desk.whole, None)?.succeeded()?;
        Ok(desk)
    }

    fn begin(&self, run: &Path, fault: Option<&str>) -> Result<Outcome> {
        let path = |name: &str| self.folder.path().join(name);
        let mut command = command(["train"])?;
        command.arg("--recipe").arg(path("tiny.toml")).arg("--data").arg(path("data"));
        command.arg("--out").arg(run);
        command.envs(fault.map(|fault| ("FEWSHOT_FAULT", fault)));
        finish(&mut command)
    }

    /// What a person does: goes on, and where the run had not begun, begins it again.
    fn go_on(&self, run: &Path) -> Result<Outcome> {
        let outcome = fewshot!("train", "--resume", run)?;
        if outcome.status == 1 && outcome.stderr.contains("holds no run that could go on") {
            return self.begin(run, None);
        }
        Ok(outcome)
    }

    /// Ends a run at its first, second, third step of writing until it survives one,
    /// and goes on with each; `ended` looks at how it ended.
    fn at_every_step(&self, fault: &str, ended: impl Fn(&Outcome) -> Result<()>) -> Result<usize> {
        let run = self.folder.path().join(fault);
        for step in 1.. {
            let fault = format!("{fault}:{step}");
            let outcome = self.begin(&run, Some(&fault))?;
            if outcome.status == 0 {
                same(&self.whole, &run)?;
                return Ok(step - 1);
            }
            ended(&outcome).with_context(|| fault.clone())?;
            self.go_on(&run)?.succeeded().with_context(|| fault.clone())?;
            same(&self.whole, &run).with_context(|| fault.clone())?;
            fs::remove_dir_all(&run)?;
        }
        unreachable!("a run has an end");
    }
}

/// Pictures of nothing, so that no weights are the best from the beginning and for good.
fn noise(data: &Path) -> Result<()> {
    let draws = &mut rng(4, 0);
    for split in ["train", "val", "test"] {
        for class in 0..3 {
            let folder = data.join(format!("{split}/{split}-{class}"));
            fs::create_dir_all(&folder)?;
            for number in 0..5 {
                let picture = image::RgbImage::from_fn(8, 8, |_, _| image::Rgb(draws.random()));
                picture.save(folder.join(format!("{number}.png")))?;
            }
        }
    }
    Ok(())
}

#[test]
#[cfg(unix)]
fn a_run_killed_at_any_write_ends_as_one_that_was_not() -> Result<()> {
    let desk = Desk::new()?;
    let steps = desk.at_every_step("kill", |outcome| {
        ensure!(outcome.status == -1, "{}: {}", outcome.status, outcome.stderr);
        Ok(())
    })?;
    ensure!(steps >= LEAST_STEPS, "only {steps} steps of writing");
    println!("killed at {steps} writes");
    Ok(())
}

#[test]
fn a_run_whose_disk_fills_up_at_any_write_ends_as_one_that_had_room() -> Result<()> {
    let desk = Desk::new()?;
    let steps = desk.at_every_step("full", |outcome| outcome.refused(&["the disk is full"]))?;
    ensure!(steps >= LEAST_STEPS, "only {steps} steps of writing");
    println!("out of room at {steps} writes");
    Ok(())
}

/// From whole bytes to damaged ones.
type Damage = fn(&[u8]) -> Vec<u8>;

#[test]
fn a_torn_or_flipped_checkpoint_is_told_and_the_one_before_used() -> Result<()> {
    let desk = Desk::new()?;

    let torn: Damage = |bytes| bytes[..bytes.len() / 2].to_vec();
    let empty: Damage = |_| Vec::new();
    let flipped: Damage = |bytes| {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        bytes
    };
    for (name, damage) in [("torn", torn), ("empty", empty), ("flipped", flipped)] {
        // Ended once early in the run and once late, each time after two checkpoints.
        for step in [40, 80] {
            let run = desk.folder.path().join(format!("{name}-{step}"));
            desk.begin(&run, Some(&format!("full:{step}")))?.refused(&["the disk is full"])?;
            let path = run.join("state.safetensors");
            ensure!(run.join("state.before.safetensors").exists(), "it was ended too early");
            fs::write(&path, damage(&fs::read(&path)?))?;
            fs::write(run.join("best.safetensors"), "half of i")?;
            let outcome = desk.go_on(&run)?.succeeded()?;
            for told in ["state.safetensors is damaged", "the one before", "best.safetensors"] {
                ensure!(outcome.stderr.contains(told), "{name}, {told}: {}", outcome.stderr);
            }
            same(&desk.whole, &run).with_context(|| format!("{name} at {step}"))?;
        }
    }
    // Both damaged: nothing is guessed.
    let run = desk.folder.path().join("both");
    desk.begin(&run, Some("full:70"))?.refused(&["the disk is full"])?;
    for name in ["state.safetensors", "state.before.safetensors"] {
        fs::write(run.join(name), "nothing")?;
    }
    fewshot!("train", "--resume", &run)?.refused(&["state.safetensors", "none before it", "start="])
}

#[test]
fn flipped_weights_are_refused() -> Result<()> {
    let desk = Desk::new()?;
    let best = desk.whole.join("best.safetensors");
    let mut bytes = fs::read(&best)?;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&best, bytes)?;
    fewshot!("info", &best)?.refused(&["best.safetensors", "checksum", "damaged"])?;
    // The run that made them gives them back.
    let outcome = fewshot!("train", "--resume", &desk.whole)?.succeeded()?;
    ensure!(outcome.stderr.contains("written anew"), "{}", outcome.stderr);
    fewshot!("info", &best)?.succeeded()?;
    Ok(())
}

/// Compares all that two runs computed, bit for bit: weights, configuration, scores,
/// steps. Wall times differ, of course. Nothing unfinished is left.
fn same(one: &Path, other: &Path) -> Result<()> {
    for name in ["best.safetensors", "last.safetensors"] {
        let [one, other] = [one, other]
            .map(|run| -> Result<_> { Ok(Checkpoint::from_bytes(&fs::read(run.join(name))?)?) });
        let (one, other) = (one?, other?);
        ensure!(one.config == other.config, "{name}: another configuration");
        for (name, tensor) in one.parameters.iter() {
            let resumed = other.parameters.find(name).with_context(|| name.to_owned())?;
            golden::check(name, tensor, resumed, 0.0)?;
        }
        let [mut one, mut other] = [one.provenance, other.provenance];
        for provenance in [&mut one, &mut other] {
            provenance.remove("wall_seconds");
        }
        ensure!(one == other, "{name}: {one:?} became {other:?}");
    }
    let lines = |run: &Path| -> Result<Vec<Value>> {
        let text = fs::read_to_string(run.join("metrics.jsonl"))?;
        let lines = text.lines().map(|line| {
            let mut line: Value = serde_json::from_str(line)?;
            line["seconds"] = Value::Null;
            Ok(line)
        });
        lines.collect()
    };
    ensure!(lines(one)? == lines(other)?, "metrics are missing or double");
    let [one, other] = [fixture::files(one)?, fixture::files(other)?];
    ensure!(one == other, "{one:?} became {other:?}");
    Ok(())
}
