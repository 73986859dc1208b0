//! `fewshot train`: a recipe carried out, or a run gone on with.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use candle_core::Device;

use super::inputs;
use crate::cli::TrainArgs;
use crate::data::{self, DataSource};
use crate::interrupt::{Interrupt, Stopped};
use crate::recipe::{Recipe, shipped};
use crate::run_dir::{Origin, RunDir};
use crate::train::{Outcome, prepare, train};
use crate::{device, output};

/// A run that can begin or go on.
struct Ready {
    folder: RunDir,
    recipe: Recipe,
    /// The data that the backbone learns from, then further kinds.
    sources: Vec<DataSource>,
    /// What a person calls the data.
    data: String,
    resumes: bool,
}

/// Runs the command.
///
/// # Errors
/// Where recipe or data cannot be used, training fails, or was asked to stop.
pub fn run(args: &TrainArgs) -> Result<()> {
    let devices = device::pick_all(&args.device)?;
    let Ready { folder, recipe, sources, data, resumes } = match (&args.resume, &args.recipe) {
        (Some(run), _) => go_on(args, run)?,
        (None, Some(recipe)) => begin(args, recipe, &devices)?,
        (None, None) => bail!("give a recipe, as --recipe synthetic, or a run, as --resume RUN"),
    };
    let path = folder.path().display().to_string();
    let best = folder.best().display().to_string();
    eprintln!("run: {path}");
    let interrupt = Interrupt::on_signal()?;
    let outcome = train(recipe, &sources, folder.clone(), devices, &interrupt, resumes)
        .inspect_err(|_| {
            if !resumes {
                folder.discard_unbegun();
            }
        })
        .with_context(|| format!("cannot train on {data}"))?;
    match outcome {
        Outcome::Finished { score } => {
            eprintln!("{:.2} % on validation classes", score * 100.0);
            output::line(best)
        }
        Outcome::Interrupted => {
            eprintln!("stopped; go on with: fewshot train --resume {path}");
            Err(Stopped.into())
        }
    }
}

/// A new run: everything that can be found out without decoding a picture is, before
/// its folder is made.
fn begin(args: &TrainArgs, name: &str, devices: &[Device]) -> Result<Ready> {
    let mut recipe = Recipe::find(name, &args.set)?;
    let dir = args.data.as_deref();
    let mut sources = vec![inputs::open(dir)?];
    for also in &args.also {
        sources.push(inputs::open(Some(also))?);
    }
    let data = data::shown(dir);
    let built_in = shipped::names().any(|shipped| shipped == name);
    let suited = prepare(&mut recipe, &sources, built_in, &args.set)
        .with_context(|| format!("cannot train on {data}"))?;
    if let Some(sentence) = suited {
        eprintln!("note: {sentence}");
    }
    recipe.start = inputs::start(&recipe)?;
    let mut origin = Origin::of(dir, &sources[0])?;
    let described: Vec<String> = devices.iter().map(device::describe).collect();
    origin.device = Some(described.join(", "));
    for (dir, source) in args.also.iter().zip(&sources[1..]) {
        origin.also.push(Origin::of(Some(dir), source)?);
    }
    let folder = RunDir::create(args.out.as_deref(), &recipe, &origin)?;
    Ok(Ready { folder, recipe, sources, data, resumes: false })
}

/// A run that was stopped, on the data it began with.
fn go_on(args: &TrainArgs, run: &Path) -> Result<Ready> {
    if !args.set.is_empty() {
        bail!("--set cannot change a run that has begun; start a new one");
    }
    let (folder, recipe, origin) = RunDir::go_on(run)?;
    if !args.also.is_empty() && args.also.len() != origin.also.len() {
        bail!("this run began with {} --also; give as many, in the same order", origin.also.len());
    }
    let dir = args.data.as_deref().or(origin.data.as_deref());
    let mut sources = vec![reopened(run, dir, &origin, "--data")?];
    for (index, origin) in origin.also.iter().enumerate() {
        let dir = args.also.get(index).or(origin.data.as_ref()).map(PathBuf::as_path);
        sources.push(reopened(run, dir, origin, "--also")?);
    }
    Ok(Ready { folder, recipe, sources, data: data::shown(dir), resumes: true })
}

/// Data that a run began with, where it is still the same.
fn reopened(run: &Path, dir: Option<&Path>, origin: &Origin, option: &str) -> Result<DataSource> {
    let source = inputs::open(dir).with_context(|| {
        format!("cannot go on with {}; {option} DIR says where its data is now", run.display())
    })?;
    origin.check(&source).with_context(|| format!("cannot go on with {}", run.display()))?;
    Ok(source)
}
