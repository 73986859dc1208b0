//! `fewshot train`: a recipe carried out, or a run gone on with.

use anyhow::{Context, Result, bail};

use crate::cli::TrainArgs;
use crate::interrupt::Interrupt;
use crate::recipe::Recipe;
use crate::run_dir::{Origin, RunDir};
use crate::train::{Outcome, train};
use crate::{data, device, output};

/// Runs the command.
///
/// # Errors
/// Where recipe or data cannot be used, or training fails.
pub fn run(args: &TrainArgs) -> Result<()> {
    let (folder, recipe, origin) = match (&args.resume, &args.recipe) {
        (Some(run), _) => {
            if !args.set.is_empty() {
                bail!("--set cannot change a run that has begun; start a new one");
            }
            RunDir::open(run).map(|(folder, recipe, origin)| (Some(folder), recipe, origin))?
        }
        (None, Some(recipe)) => {
            let origin = Origin { data: args.data.clone() };
            (None, Recipe::find(recipe, &args.set)?, origin)
        }
        (None, None) => bail!("give a recipe, as --recipe synthetic, or a run, as --resume RUN"),
    };
    let dir = args.data.as_deref().or(origin.data.as_deref());
    let source = data::open(dir)?;
    let device = device::pick(args.device)?;
    let resume = folder.is_some();
    let folder = match folder {
        Some(folder) => folder,
        None => RunDir::create(args.out.as_deref(), &recipe, &origin)?,
    };
    let path = folder.path().display().to_string();
    let best = folder.best().display().to_string();
    eprintln!("run: {path}");
    let interrupt = Interrupt::on_signal()?;
    let outcome = train(recipe, &source, folder.clone(), device, &interrupt, resume)
        .inspect_err(|_| folder.discard_unbegun())
        .with_context(|| format!("cannot train on {}", data::shown(dir)))?;
    match outcome {
        Outcome::Finished { score } => {
            eprintln!("{:.2} % on validation classes", score * 100.0);
            output::line(best)
        }
        Outcome::Interrupted => {
            eprintln!("a checkpoint is written; go on with: fewshot train --resume {path}");
            Ok(())
        }
    }
}
