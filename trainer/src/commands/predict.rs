//! `fewshot predict`: a person's own pictures by a person's own examples.
//!
//! The classifier is the learner's, the same that the page runs; here are only
//! the folders and what is printed.

mod report;
mod support;

use anyhow::{Context, Result, ensure};
use candle_core::Device;
use fewshot::Model;

use super::inputs;
use super::pictures::{Readable, embed_readable};
use crate::cli::PredictArgs;
use crate::{device, output, weights};

use report::{Names, Report};

/// Answers, and what had to be left without one.
#[derive(Debug)]
struct Answers {
    /// One for each query that can be read, in the order of their names.
    reports: Vec<Report>,
    /// Why the others cannot be.
    broken: Vec<anyhow::Error>,
}

/// Runs the command.
///
/// # Errors
/// Where weights or examples cannot be used, or any of the pictures; the others
/// have their answers by then.
pub fn run(args: &PredictArgs) -> Result<()> {
    let Answers { reports, broken } = predict(args)?;
    let asked = reports.len() + broken.len();
    for report in reports {
        output::line(if args.json { serde_json::to_string(&report)? } else { report.to_string() })?;
    }
    for error in &broken {
        eprintln!("{}", output::one_line(&format!("no answer: {error:#}")));
    }
    ensure!(broken.is_empty(), "{} of {asked} pictures could not be read", broken.len());
    Ok(())
}

/// Answers the queries.
fn predict(args: &PredictArgs) -> Result<Answers> {
    let queries = inputs::loose_pictures(&args.query)?;
    let device = device::pick(args.device)?;
    let checkpoint = weights::read(&args.weights)?;
    // The classifier is small and stays on the CPU; pictures are embedded on the device.
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
    let on_device = Model::from_checkpoint(&checkpoint, &device)?;
    let mut classifier = support::classifier(args, &checkpoint, &model, &on_device, &device)
        .with_context(|| {
            let (support, weights) = (args.support.display(), args.weights.display());
            format!("cannot learn from {support} with {weights}")
        })?;
    let Readable { pictures, features, broken } = embed_readable(&on_device, queries, &device)?;
    let names = Names::of(&classifier.active().collect::<Vec<_>>());
    let threshold = model.config.rejection.as_ref().map(|rejection| rejection.threshold);
    let hallucinates = classifier.settings().hallucinations > 0;
    let predictions = classifier.predict(&features.to_device(&Device::Cpu)?)?;
    let report = |(query, prediction): (&crate::data::Picture, fewshot::classifier::Prediction)| {
        Report::new(query.name.clone(), prediction, &names, threshold, hallucinates)
    };
    Ok(Answers { reports: pictures.iter().zip(predictions).map(report).collect(), broken })
}

#[cfg(test)]
mod tests;
