//! `fewshot export`: a model as ONNX graphs.

use std::path::Path;

use anyhow::{Context, Result};
use candle_core::Device;
use fewshot::{Checkpoint, Classifier, Model};

use super::info;
use super::support::{Lesson, classifier};
use crate::cli::ExportArgs;
use crate::{onnx, output, weights, write};

/// Runs the command.
///
/// # Errors
/// Where weights or examples cannot be used, a generator is asked of a model that has none, or
/// a file cannot be written.
pub fn run(args: &ExportArgs) -> Result<()> {
    let checkpoint = weights::read(&args.weights)?;
    let card = info::describe(&checkpoint);
    // Both before either is written: a wrong wish leaves no half of an answer.
    let generator = match &args.generator_onnx {
        Some(path) => {
            let graph = onnx::generator(&checkpoint, &card);
            let of = || format!("cannot export the generator of {}", args.weights.display());
            Some((path, graph.with_context(of)?))
        }
        None => None,
    };
    let support = args.support.as_deref();
    let mut classifier = support.map(|support| taught(args, &checkpoint, support)).transpose()?;
    let model = onnx::model(&checkpoint, classifier.as_mut(), &card)?;
    write::atomically(&args.onnx, &model)?;
    let image = &checkpoint.config.image;
    let then = classifier.map_or_else(String::new, |classifier| {
        format!(" and probabilities of {} classes", classifier.active().count())
    });
    output::line(format!(
        "{}: pictures (batch, {channels}, {size}, {size}) of 0 to 255 to {} features{then}",
        args.onnx.display(),
        checkpoint.config.feature_dim(),
        channels = image.channels,
        size = image.size,
    ))?;
    if let Some((path, graph)) = generator {
        write::atomically(path, &graph)?;
        output::line(format!("{}: seeds and noise to hallucinated features", path.display()))?;
    }
    Ok(())
}

/// The classifier of the examples.
fn taught(args: &ExportArgs, checkpoint: &Checkpoint, support: &Path) -> Result<Classifier> {
    let device = Device::Cpu;
    let model = Model::from_checkpoint(checkpoint, &device)?;
    let lesson = Lesson {
        support,
        head: args.head,
        distance: args.distance,
        hallucinate: args.hallucinate,
        seed: args.seed,
    };
    classifier(&lesson, checkpoint, &model, &model, &device).with_context(|| {
        format!("cannot learn from {} with {}", support.display(), args.weights.display())
    })
}
