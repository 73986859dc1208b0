//! Training: the stages of a recipe in their order, validated, kept, and able
//! to go on exactly where they stopped.
//!
//! This is the driver; a file each carries out a kind of stage. Everything
//! random is a function of the recipe's seed, stage and step (`streams`).

mod average;
mod covariance;
mod curves;
pub(crate) mod episode;
mod episodic;
mod fit;
mod hallucinate;
mod in_place;
mod learner;
pub(crate) mod losses;
pub mod optimizer;
mod parallel;
mod pretrain;
mod reject;
mod report;
mod run;
mod schedule;
mod setup;
mod streams;
#[cfg(test)]
mod tests;
mod turns;
mod validate;
mod watch;

use anyhow::{Context, Result};
use candle_core::Device;

use crate::data::DataSource;
use crate::interrupt::{Interrupt, Stopped};
use crate::recipe::Recipe;
use crate::run_dir::RunDir;

/// How a call of [`train`] ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// All stages are done; the criterion of the weights that were kept.
    Finished {
        /// Mean validation accuracy, a fraction.
        score: f64,
    },
    /// Asked to end early; the run can go on from its last checkpoint.
    Interrupted,
}

/// Makes a recipe suit the data where that is somebody's own folder and the recipe
/// is built in, and checks that it does: before anything is written or decoded.
/// What `set` (`key=value`) says stays. Returns a sentence for what was changed.
///
/// # Errors
/// Names the classes or pictures that do not suffice, and what to set.
pub fn prepare(
    recipe: &mut Recipe,
    sources: &[DataSource],
    built_in: bool,
    set: &[String],
) -> Result<Option<String>> {
    let [source, also @ ..] = sources else { anyhow::bail!("there is no data to train on") };
    let (source, _said_when_training) = source.for_training(recipe.seed)?;
    let (train, val) = setup::sides(recipe, &source)?;
    let suits = built_in && source.is_own();
    let sentence = if suits { recipe.suit(set, &train, &val) } else { None };
    recipe.check_suits(&train, &val)?;
    for source in also {
        let (source, _said_when_training) = source.for_training(recipe.seed)?;
        let (train, val) = setup::sides(recipe, &source)?;
        recipe.check_suits(&train, &val).with_context(|| format!("in {}", source.name()))?;
    }
    Ok(sentence)
}

/// Carries out a recipe on the data that the backbone learns from and further
/// kinds of pictures, from the beginning or, with `resume`, from the state
/// in the run's folder. Several devices divide the steps that teach the backbone.
///
/// # Errors
/// Where the data does not suffice, the loss is no longer a number, or the
/// folder cannot be written.
pub fn train(
    recipe: Recipe,
    sources: &[DataSource],
    folder: RunDir,
    devices: Vec<Device>,
    interrupt: &Interrupt,
    resume: bool,
) -> Result<Outcome> {
    let outcome = setup::Setup::new(recipe, sources, devices, interrupt.clone())
        .and_then(|setup| run::Run::new(setup, folder, resume)?.carry_out());
    match outcome {
        // Asked to end in the middle of something that is done again another time.
        Err(error) if error.is::<Stopped>() => Ok(Outcome::Interrupted),
        outcome => outcome,
    }
}
