//! Many runs: how far they are, in what they differ, and grids of them as array jobs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fewshot_tests::command::{Outcome, command, finish};
use fewshot_tests::{fewshot, fixture};
use serde_json::Value;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("small.toml"), fixture::RECIPE)?;
        fixture::splits(&folder.path().join("data"), 3, 5)?;
        Ok(Self(folder))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Outcome> {
        let mut command = command(arguments)?;
        command.current_dir(self.0.path()).envs(variables.iter().copied());
        finish(&mut command)
    }

    fn train(&self, out: &str, set: &str, fault: Option<&str>) -> Result<Outcome> {
        let fault: Vec<_> = fault.iter().map(|fault| ("FEWSHOT_FAULT", *fault)).collect();
        let train = ["train", "--recipe", "small.toml", "--data", "data", "--out", out];
        self.run(&[&train[..], &["--set", set]].concat(), &fault)
    }
}

#[test]
fn runs_are_listed_with_their_state_and_their_differences() -> Result<()> {
    let desk = Desk::new()?;
    desk.train("runs/a", "seed=1", None)?.succeeded()?;
    desk.train("runs/deep/b", "stage.pretrain.epochs=3", None)?.succeeded()?;
    let ended = desk.train("runs/c", "seed=1", Some("full:20"))?;
    ensure!(ended.status == 1 && desk.path("runs/c/recipe.toml").exists(), "{}", ended.stderr);
    let rows = desk.run(&["runs", "--json"], &[])?.json_lines()?;
    let found: Vec<_> =
        rows.iter().map(|row| (row["run"].as_str(), row["state"].as_str())).collect();
    let expected = [("a", "finished"), ("c", "interrupted"), ("deep/b", "finished")];
    ensure!(found == expected.map(|(run, state)| (Some(run), Some(state))), "{found:?}");
    let differences = |row: &Value| serde_json::to_string(&row["differences"]);
    ensure!(differences(&rows[0])? == r#"{"seed":"1","stage.0.epochs":"2"}"#, "{}", rows[0]);
    ensure!(differences(&rows[2])? == r#"{"seed":"0","stage.0.epochs":"3"}"#, "{}", rows[2]);
    let row = &rows[0];
    ensure!(row["stage"] == 2 && row["stages"] == 2 && row["kind"] == "fit", "{row}");
    ensure!(row["device"].as_str().is_some_and(|device| device.contains("CPU")), "{row}");
    // What is told is what the weights say of themselves.
    let reached = row["validation"]["val_1shot"].as_f64().context("val_1shot")?;
    let lines = fs::read_to_string(desk.path("runs/a/metrics.jsonl"))?;
    let best = lines.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        line["val_1shot"].as_f64()
    });
    ensure!(best.clone().any(|value| (value - reached).abs() < 1e-9), "{reached}, {lines}");
    let text = desk.run(&["runs", "runs/deep"], &[])?.succeeded()?.stdout;
    ensure!(text.contains("b") && text.contains("2/2 fit") && !text.contains("differs"), "{text}");
    fs::create_dir(desk.path("none"))?;
    desk.run(&["runs", "none"], &[])?.refused(&["none holds no run"])?;
    desk.run(&["runs", "nowhere"], &[])?.refused(&["nowhere: check the path"])?;
    Ok(())
}

/// Every number of `metrics.jsonl`, as TensorBoard finds it.
#[test]
fn training_writes_events_for_tensorboard() -> Result<()> {
    let desk = Desk::new()?;
    desk.train("run", "seed=1", None)?.succeeded()?;
    let bytes = fs::read(desk.path("run/events.out.tfevents.fewshot"))?;
    let (mut records, mut rest) = (0, &bytes[..]);
    while !rest.is_empty() {
        let (length, _) = rest.split_first_chunk::<8>().context("a length")?;
        let end = 12 + u64::from_le_bytes(*length) as usize + 4;
        ensure!(rest.len() >= end, "a record is torn");
        (records, rest) = (records + 1, &rest[end..]);
    }
    let lines = fs::read_to_string(desk.path("run/metrics.jsonl"))?;
    let numbers = |line: &str| -> Result<usize> {
        let line: Value = serde_json::from_str(line)?;
        let keys = line.as_object().context("an object")?.keys();
        Ok(keys
            .filter(|key| {
                ["loss", "accuracy", "lr"].contains(&key.as_str()) || key.contains("val_")
            })
            .count())
    };
    let expected: usize = lines.lines().map(numbers).sum::<Result<usize>>()?;
    ensure!(expected > 4 && records == expected + 1, "{records} records for {expected} numbers");
    Ok(())
}

const PLAN: [&str; 11] = [
    "sweep",
    "plan",
    "grid",
    "--recipe",
    "small.toml",
    "--data",
    "data",
    "--vary",
    "stage.pretrain.epochs=1",
    "--vary",
    "stage.pretrain.epochs=2",
];

#[test]
fn a_sweep_is_planned_run_as_array_jobs_and_gathered() -> Result<()> {
    let desk = Desk::new()?;
    let plan = [&PLAN[..], &["--seeds", "0,1"]].concat();
    let told = desk.run(&plan, &[])?.succeeded()?;
    ensure!(told.stdout.trim() == "grid: 4 jobs, 0 to 3", "{}", told.stdout);
    // The plan keeps the recipe as it was.
    fs::remove_file(desk.path("small.toml"))?;
    desk.run(&["sweep", "run", "grid", "0"], &[])?.succeeded()?;
    desk.run(&["sweep", "run", "grid"], &[("SLURM_ARRAY_TASK_ID", "1")])?.succeeded()?;
    let again =
        desk.run(&["sweep", "run", "grid"], &[("JOB_COMPLETION_INDEX", "1")])?.succeeded()?;
    ensure!(again.stderr.contains("this job is finished"), "{}", again.stderr);
    let gathered = desk.run(&["sweep", "gather", "grid", "--json"], &[])?;
    ensure!(gathered.stderr.contains("2 of 4 jobs are not finished: 2,3"), "{}", gathered.stderr);
    desk.run(&["sweep", "run", "grid", "2"], &[])?.succeeded()?;
    desk.run(&["sweep", "run", "grid", "3"], &[])?.succeeded()?;
    let rows = desk.run(&["sweep", "gather", "grid", "--json"], &[])?.json_lines()?;
    ensure!(rows.len() == 2, "{rows:?}");
    for (row, (first, epochs)) in rows.iter().zip([(0, "1"), (2, "2")]) {
        ensure!(row["seeds"] == serde_json::json!([0, 1]), "{row}");
        ensure!(
            row["set"] == serde_json::json!([format!("stage.pretrain.epochs={epochs}")]),
            "{row}"
        );
        let values = [first, first + 1].map(|number| reached(&desk.path("grid/runs"), number));
        let [one, other] = values;
        let (one, other) = (one?, other?);
        let figure = &row["validation"]["val_1shot"];
        let [mean, ci95] = ["mean", "ci95"].map(|key| figure[key].as_f64().unwrap_or(f64::NAN));
        ensure!((mean - (one + other) / 2.0).abs() < 1e-9, "{row}: {one}, {other}");
        // 1.96 σ / √2 of two values.
        let expected = 1.96 * (one - other).abs() / 2.0;
        ensure!((ci95 - expected).abs() < 1e-9, "{row}: {one}, {other}");
    }
    let text = desk.run(&["sweep", "gather", "grid"], &[])?.succeeded()?.stdout;
    ensure!(text.lines().count() == 3 && text.contains("small stage.pretrain.epochs=1"), "{text}");
    Ok(())
}

fn reached(runs: &Path, number: usize) -> Result<f64> {
    let rows = fewshot!("runs", &runs.join(format!("{number:04}")), "--json")?.json_lines()?;
    rows[0]["validation"]["val_1shot"].as_f64().context("val_1shot")
}

#[test]
fn what_is_wrong_with_a_sweep_is_said_when_it_is_planned() -> Result<()> {
    let desk = Desk::new()?;
    let with = |more: &[&str]| desk.run(&[&PLAN[..], more].concat(), &[]);
    with(&["--vary", "stage.pretrain.epoch=3"])?.refused(&["epochs"])?;
    with(&["--vary", "seed=1"])?.refused(&["--seeds"])?;
    with(&["--set", "validation.ways=50"])?.refused(&["50"])?;
    with(&["--recipe", "nowhere.toml"])?.refused(&["nowhere.toml"])?;
    with(&["--set", "start=gone.safetensors"])?.refused(&["gone.safetensors"])?;
    ensure!(!desk.path("grid").exists(), "a plan that was refused left something");
    with(&[])?.succeeded()?;
    with(&[])?.refused(&["grid holds a sweep already"])?;
    desk.run(&["sweep", "run", "grid", "2"], &[])?.refused(&["there is no job 2", "has 2"])?;
    let unset = [("SLURM_ARRAY_TASK_ID", "first")];
    desk.run(&["sweep", "run", "grid"], &unset)?.refused(&["SLURM_ARRAY_TASK_ID", "first"])?;
    desk.run(&["sweep", "run", "grid"], &[])?.refused(&["JOB_COMPLETION_INDEX"])?;
    desk.run(&["sweep", "gather", "data"], &[])?.refused(&["fewshot sweep plan"])?;
    Ok(())
}

/// As a scheduler does it: SIGTERM, then the same command again.
#[test]
#[cfg(unix)]
fn a_job_that_is_terminated_goes_on_and_ends_as_one_that_was_not() -> Result<()> {
    let desk = Desk::new()?;
    for (sweep, epochs) in [("whole", "400"), ("stopped", "400")] {
        let epochs = format!("stage.pretrain.epochs={epochs}");
        let plan = ["sweep", "plan", sweep, "--recipe", "small.toml", "--data", "data"];
        desk.run(&[&plan[..], &["--set", &epochs]].concat(), &[])?.succeeded()?;
    }
    desk.run(&["sweep", "run", "whole", "0"], &[])?.succeeded()?;
    let mut job = command(["sweep", "run", "stopped", "0"])?;
    let mut job = job.current_dir(desk.0.path()).spawn()?;
    let metrics = desk.path("stopped/runs/0000/metrics.jsonl");
    // Once it is under way.
    while job.try_wait()?.is_none() && !metrics.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill =
        std::process::Command::new("kill").args(["-TERM", &job.id().to_string()]).status()?;
    let status = job.wait()?;
    ensure!(kill.success() && status.code() == Some(130), "{status}");
    let rows = desk.run(&["runs", "stopped", "--json"], &[])?.json_lines()?;
    ensure!(rows[0]["state"] == "interrupted", "{rows:?}");
    desk.run(&["sweep", "run", "stopped", "0"], &[])?.succeeded()?;
    let weights = |sweep: &str| -> Result<fewshot::Checkpoint> {
        let bytes = fs::read(desk.path(sweep).join("runs/0000/best.safetensors"))?;
        Ok(fewshot::Checkpoint::from_bytes(&bytes)?)
    };
    let (whole, stopped) = (weights("whole")?, weights("stopped")?);
    for (name, tensor) in whole.parameters.iter() {
        let other = stopped.parameters.find(name).with_context(|| name.to_owned())?;
        fewshot_tests::golden::check(name, tensor, other, 0.0)?;
    }
    Ok(())
}

#[test]
fn shells_and_readers_are_helped() -> Result<()> {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = fewshot!("completions", shell)?.succeeded()?.stdout;
        ensure!(script.contains("support") && script.contains("sweep"), "{shell}: {script}");
    }
    let folder = tempfile::tempdir()?;
    fewshot!("man", "--to", folder.path())?.succeeded()?;
    for page in ["fewshot.1", "fewshot-predict.1", "fewshot-sweep-plan.1"] {
        let text = fs::read_to_string(folder.path().join(page)).with_context(|| page.to_owned())?;
        ensure!(text.contains(".TH") && text.contains("OPTIONS"), "{page}: {text}");
    }
    ensure!(!folder.path().join("fewshot-publish.1").exists(), "what help hides has a page");
    Ok(())
}
