//! `fewshot predict`: a person's own pictures by a person's own examples.
//!
//! The classifier is the learner's, the same that the page runs; here are only
//! the folders and what is printed.

mod report;
mod support;

use anyhow::{Context, Result};
use candle_core::Device;
use fewshot::Model;

use super::pictures::embed_dataset;
use crate::cli::PredictArgs;
use crate::data::{Dataset, loose_pictures};
use crate::{device, output, weights};

use report::{Report, names};

/// Runs the command.
///
/// # Errors
/// Where weights, examples or pictures cannot be used.
pub fn run(args: &PredictArgs) -> Result<()> {
    for report in predict(args)? {
        output::line(if args.json { serde_json::to_string(&report)? } else { report.to_string() })?;
    }
    Ok(())
}

/// A report for each query, in the order of their names.
fn predict(args: &PredictArgs) -> Result<Vec<Report>> {
    let queries = loose_pictures(&args.query)?;
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
    let sources = queries.iter().map(|query| query.source.clone()).collect();
    let features =
        embed_dataset(&on_device, &Dataset::loose(sources), &device)?.to_device(&Device::Cpu)?;
    let names = names(&classifier.active().collect::<Vec<_>>());
    let threshold = model.config.rejection.as_ref().map(|rejection| rejection.threshold);
    let hallucinates = classifier.settings().hallucinations > 0;
    let predictions = classifier.predict(&features)?;
    let report = |(query, prediction): (&crate::data::Picture, fewshot::classifier::Prediction)| {
        Report::new(query.name.clone(), prediction, &names, threshold, hallucinates)
    };
    Ok(queries.iter().zip(predictions).map(report).collect())
}

#[cfg(test)]
mod tests;
