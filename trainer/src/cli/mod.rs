//! The command line: types for clap to fill, and nothing else.
//!
//! Names, meanings and JSON keys are a contract that scripts depend on. Values
//! that depend on a model (its distance) default to the model's own.

mod apply;
mod data;
#[cfg(test)]
mod documents;
mod export;
mod make;
mod next;
mod predict;
mod runs;
mod shell;

use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use fewshot::classifier::MOST_HALLUCINATIONS;

pub use apply::{EmbedArgs, EvalArgs, InfoArgs, TsneArgs};
pub use data::{DataArgs, DataTask};
pub use export::ExportArgs;
pub use make::{BenchArgs, BenchWhat, ImportArgs, PublishArgs, StoredAs, TrainArgs};
pub use next::NextArgs;
pub use predict::{AskArgs, LinkKind, PredictArgs};
pub use runs::{GatherArgs, JobArgs, PlanArgs, RunsArgs, SweepArgs, SweepTask};
pub use shell::{CompletionsArgs, ManArgs};

/// Teach a classifier with a handful of pictures.
///
/// Trains Prototypical Networks and Data Hallucination models, evaluates them by
/// episodes, and applies them to your own pictures. Results go to standard output,
/// progress to standard error.
#[derive(Debug, Parser)]
#[command(name = "fewshot", version, propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a model by a recipe, or go on with a run
    Train(TrainArgs),
    /// Measure accuracy over episodes of classes the model has not seen
    Eval(EvalArgs),
    /// Classify pictures by a folder of examples for each class
    Predict(PredictArgs),
    /// Say which pictures to label next: those whose label would help most
    Next(NextArgs),
    /// Write the features of pictures into a file
    Embed(EmbedArgs),
    /// Draw the features of an episode's classes in the plane, hallucinated ones too
    Tsne(TsneArgs),
    /// Make a file of weights of a backbone that PyTorch has trained
    Import(ImportArgs),
    /// Write a model as ONNX: pictures to features, or to probabilities of given classes
    Export(ExportArgs),
    /// List, download, check or write data sets
    Data(DataArgs),
    /// Show what is in a file of weights: configuration, sizes, where it comes from
    Info(InfoArgs),
    /// Time training and encoding on this machine
    Bench(BenchArgs),
    /// List runs: how far they are, what they reached, in what their recipes differ
    Runs(RunsArgs),
    /// Train a grid of recipes, values and seeds as the jobs of an array
    Sweep(SweepArgs),
    /// Print the script that completes this command in a shell
    Completions(CompletionsArgs),
    /// Write the manual pages
    Man(ManArgs),
    /// Score the weights of a run and add them to the published models
    #[command(hide = true)]
    Publish(PublishArgs),
}

/// Reads one of a few names, which the help lists.
fn one_of<T>(names: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>().map_err(Into::into))
}

/// Reads an M.
fn hallucinations(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(count) if count <= MOST_HALLUCINATIONS => Ok(count),
        Ok(_) => Err(format!(
            "at most {MOST_HALLUCINATIONS} features are hallucinated for a class: more take \
             memory and time and change no answer"
        )),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}
