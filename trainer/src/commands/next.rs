//! `fewshot next`: which pictures to label next, and what asking so is worth.
//!
//! What is chosen is the learner's ([`fewshot::acquisition`]), the same that a page can
//! ask for.

mod study;

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use candle_core::Device;
use fewshot::{Model, acquisition};
use serde::Serialize;
use serde_json::{Map, Value};

use super::pictures::{Readable, embed_readable};
use super::support::{self, Lesson};
use super::{inputs, predict};
use crate::cli::NextArgs;
use crate::{device, output, weights};

/// A picture whose label would help: its keys are a contract.
#[derive(Clone, Debug, Serialize)]
struct Wanted {
    /// The picture, its path from the folder of queries.
    image: String,
    /// One minus the margin between the two likeliest classes, see [`acquisition::doubt`].
    doubt: f32,
    /// Of each class.
    probabilities: Map<String, Value>,
}

/// Runs the command.
///
/// # Errors
/// Where weights, examples or pictures cannot be used.
pub fn run(args: &NextArgs) -> Result<()> {
    ensure!(args.count > 0, "--count is 0; give at least 1");
    match (&args.data, &args.support, &args.query) {
        (Some(data), _, _) => study::run(args, data),
        (None, Some(support), Some(query)) => {
            for wanted in ask(args, support, query)? {
                output::line(if args.json {
                    serde_json::to_string(&wanted)?
                } else {
                    wanted.to_string()
                })?;
            }
            Ok(())
        }
        _ => bail!("give --support and --query, or --data to measure"),
    }
}

fn ask(args: &NextArgs, support: &Path, query: &Path) -> Result<Vec<Wanted>> {
    let queries = inputs::loose_pictures(query)?;
    let device = device::pick(args.device)?;
    let checkpoint = weights::read(&args.weights)?;
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
    let on_device = Model::from_checkpoint(&checkpoint, &device)?;
    let (head, distance) = (args.head, args.distance);
    let lesson = Lesson { support, head, distance, hallucinate: None, seed: None };
    let mut classifier = support::classifier(&lesson, &checkpoint, &model, &on_device, &device)
        .with_context(|| {
            format!("cannot learn from {} with {}", support.display(), args.weights.display())
        })?;
    let Readable { pictures, features, broken } = embed_readable(&on_device, &queries, &device)?;
    for error in &broken {
        eprintln!("{}", output::one_line(&format!("left out: {error:#}")));
    }
    let features = features.to_device(&Device::Cpu)?;
    let names = predict::report::Names::of(&classifier.active().collect::<Vec<_>>()).classes;
    let probabilities = classifier.probabilities(&features)?;
    let chosen = classifier.next_to_label(&features, args.count)?;
    let wanted = |row: usize| Wanted {
        image: pictures[row].name.clone(),
        doubt: acquisition::doubt(&probabilities[row]),
        probabilities: names
            .iter()
            .cloned()
            .zip(probabilities[row].iter().map(|&p| p.into()))
            .collect(),
    };
    Ok(chosen.into_iter().map(wanted).collect())
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
        let mut ranked: Vec<_> = self.probabilities.iter().map(|(n, p)| (n, number(p))).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let shown = ranked.iter().take(3).map(|(name, p)| format!("{name} {:.1} %", 100.0 * p));
        write!(f, "{}: {}", self.image, shown.collect::<Vec<_>>().join(", "))
    }
}
