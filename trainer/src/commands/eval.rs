//! `fewshot eval`: accuracy over episodes of one split.

mod confusion;
mod drawn;
mod figure;
mod outsiders;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use candle_core::Device;
use fewshot::classifier::check_hallucinations;
use fewshot::episode::Evaluator;
use fewshot::metrics::{Confusion, Interval};
use fewshot::{
    Context as QueryContext, Control, Distance, EpisodeSampler, EpisodeShape, HeadKind, Model,
};
use serde::Serialize;

use self::outsiders::Outsiders;
use super::pictures::embed_dataset;
use super::{classes, inputs};
use crate::cli::EvalArgs;
use crate::data::{self, Dataset};
use crate::episodes::{accuracies, by_class, spread};
use crate::progress::Progress;
use crate::{device, output, plot, weights};

/// One line of results: its keys are a contract.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the data set.
    pub data: String,
    /// Which of its classes.
    pub split: data::Part,
    /// Classes in an episode.
    pub ways: usize,
    /// Support pictures of each.
    pub shots: usize,
    /// Query pictures of each.
    pub queries: usize,
    /// Episodes averaged over.
    pub episodes: usize,
    /// What was fitted to the support.
    pub head: HeadKind,
    /// How queries were compared with prototypes, where the head is `prototype`.
    pub distance: Distance,
    /// Whether the queries of an episode were looked at together.
    pub context: QueryContext,
    /// Concentration of the shares of the classes, where those are unequal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imbalance: Option<f32>,
    /// Features hallucinated for each class, M.
    pub hallucinate: usize,
    /// Decides episodes and noise.
    pub seed: u64,
    /// Mean accuracy, a fraction.
    pub accuracy: f64,
    /// Half the width of its 95 % interval.
    pub ci95: f64,
    /// Seconds that all of this took, every M together.
    pub seconds: f64,
    /// Mean difference to the first M over the same episodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paired_difference: Option<f64>,
    /// Half the width of that difference's 95 % interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paired_ci95: Option<f64>,
    /// What hallucinates, where that is not the model's own generator.
    #[serde(skip_serializing_if = "is_own")]
    pub generator: Control,
    /// Total variance of the hallucinated features over that of the class's real
    /// ones, where that is asked for and M is above 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<f64>,
    /// How well outsiders are told apart, where that is asked for.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub outsiders: Option<Outsiders>,
    /// Which class was taken for which, at the last M, where that is asked for.
    #[serde(skip)]
    pub confusion: Option<Confusion>,
}

/// What is evaluated, by which protocol.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// Ways, shots and queries.
    pub shape: EpisodeShape,
    /// Episodes to average over.
    pub episodes: usize,
    /// What is fitted to the support; `None` for the model's own.
    pub head: Option<HeadKind>,
    /// How queries are compared with prototypes; `None` for the model's own.
    pub distance: Option<Distance>,
    /// Whether the queries of an episode are looked at together.
    pub context: QueryContext,
    /// Concentration of the shares of the classes, where those are unequal.
    pub imbalance: Option<f32>,
    /// Numbers of hallucinations.
    pub hallucinate: Vec<usize>,
    /// What hallucinates.
    pub generator: Control,
    /// Whether to compare the variance of hallucinated features with the real ones'.
    pub spread: bool,
    /// Whether to measure how well queries of other classes are told apart.
    pub outsiders: bool,
    /// Whether to count which class is taken for which.
    pub confusion: bool,
    /// Decides episodes and noise.
    pub seed: u64,
}

/// Runs the command.
///
/// # Errors
/// Where weights or data cannot be read or do not allow such episodes.
pub fn run(args: &EvalArgs) -> Result<()> {
    ensure!(args.episodes > 0, "--episodes is 0; give at least 1");
    for path in args.plot.iter().chain(&args.confusion) {
        plot::Format::of(path)?;
    }
    let device = device::pick(args.device)?;
    let checkpoint = weights::read(&args.weights)?;
    let model = Model::from_checkpoint(&checkpoint, &device)?;
    let source = inputs::open(args.data.as_deref())?;
    let dataset = classes::choose(&source, args.split, &checkpoint)?;
    let most_shots = args.shots.iter().copied().max().unwrap_or(1);
    let (ways, queries) = classes::shape(&dataset, args.ways, most_shots, args.queries);
    if args.confusion.is_some() {
        confusion::check(dataset.classes.len())?;
    }
    let protocols: Vec<Protocol> = args
        .shots
        .iter()
        .map(|&shots| Protocol {
            shape: EpisodeShape { ways, shots, queries },
            episodes: args.episodes,
            head: args.head,
            distance: args.distance,
            context: args.context,
            imbalance: args.imbalance,
            hallucinate: args.hallucinate.clone(),
            generator: args.generator.into(),
            spread: args.spread,
            outsiders: args.outsiders,
            confusion: args.confusion.is_some(),
            seed: args.seed,
        })
        .collect();
    let rows = evaluate(&model, &dataset, &protocols, &device).with_context(|| {
        format!(
            "cannot evaluate {} on {}",
            args.weights.display(),
            data::shown(args.data.as_deref())
        )
    })?;
    if let Some(path) = &args.episodes_out {
        drawn::save(path, &protocols, &dataset, args.data.as_deref())?;
    }
    if args.json {
        for row in rows.iter().flatten() {
            output::line(serde_json::to_string(row)?)?;
        }
    } else {
        for rows in &rows {
            output::line(table(rows))?;
        }
    }
    if let Some(path) = &args.plot {
        plot::save(&figure::of(&rows), path)?;
    }
    let counted = rows.iter().flatten().rev().find_map(|row| confusion::of(row, &dataset));
    match (&args.confusion, counted) {
        (Some(path), Some(figure)) => plot::save(&figure, path),
        _ => Ok(()),
    }
}

/// Embeds a split once and runs each protocol on it: a list of rows, one for each
/// M, for each protocol.
///
/// # Errors
/// Where the split does not allow such episodes, a picture is broken, or M above
/// 0 is asked of a model without a generator.
pub fn evaluate(
    model: &Model,
    dataset: &Dataset,
    protocols: &[Protocol],
    device: &Device,
) -> Result<Vec<Vec<Row>>> {
    let started = Instant::now();
    let sizes = dataset.class_sizes();
    // Every sampler first: a shape that is not possible shows before the work.
    let samplers = protocols.iter().map(|protocol| sampler(protocol, &sizes));
    let samplers = samplers.collect::<Result<Vec<_>>>()?;
    for protocol in protocols.iter().filter(|protocol| protocol.outsiders) {
        outsiders::sampler(protocol, &sizes)?;
    }
    let most = protocols.iter().flat_map(|protocol| &protocol.hallucinate).max();
    check_hallucinations(most.copied().unwrap_or(0), model.generator.is_some())?;
    let features = by_class(&embed_dataset(model, dataset, device)?, &sizes)?;
    let embedding_secs = started.elapsed().as_secs_f64();

    let mut tables = Vec::with_capacity(protocols.len());
    for (protocol, sampler) in protocols.iter().zip(&samplers) {
        let started = Instant::now();
        let distance = protocol.distance.unwrap_or(model.config.distance);
        let counts = &protocol.hallucinate;
        let generator =
            model.generator.clone().map(|generator| generator.with_control(protocol.generator));
        let head = protocol.head.unwrap_or(model.config.head);
        let evaluator = Evaluator {
            head: model.config.head_with(head, distance),
            context: protocol.context,
            temperature: model.config.temperature_of(head),
            ..Evaluator::of(&model.config, generator.as_ref(), counts, protocol.seed)
        };
        let progress = Progress::new("episodes", protocol.episodes);
        let done = |done: usize| progress.set(done);
        let mut counted = protocol.confusion.then(|| Confusion::new(features.len()));
        let confusion = counted.as_mut();
        let accuracies =
            accuracies(&evaluator, &features, sampler, protocol.episodes, confusion, &done)?;
        progress.finish();
        let measure = |&count: &usize| {
            let wanted = protocol.spread && count > 1;
            wanted.then(|| spread(&evaluator, &features, sampler, protocol.episodes, count))
        };
        let spreads =
            counts.iter().map(|count| measure(count).transpose()).collect::<Result<Vec<_>>>()?;
        let outsiders = protocol
            .outsiders
            .then(|| outsiders::measure(model, protocol, &features))
            .transpose()?;
        let seconds = embedding_secs + started.elapsed().as_secs_f64();
        let row = |(index, &hallucinate): (usize, &usize)| {
            let interval = Interval::of(&accuracies[index]);
            let paired = (index > 0)
                .then(|| Interval::of_paired_difference(&accuracies[index], &accuracies[0]));
            Row {
                data: dataset.name.clone(),
                split: dataset.split,
                ways: protocol.shape.ways,
                shots: protocol.shape.shots,
                queries: protocol.shape.queries,
                episodes: protocol.episodes,
                head,
                distance,
                context: protocol.context,
                imbalance: protocol.imbalance,
                hallucinate,
                seed: protocol.seed,
                accuracy: interval.mean,
                ci95: interval.ci95,
                seconds,
                paired_difference: paired.map(|paired| paired.mean),
                paired_ci95: paired.map(|paired| paired.ci95),
                generator: protocol.generator,
                spread: spreads[index],
                outsiders,
                confusion: if index + 1 == counts.len() { counted.take() } else { None },
            }
        };
        tables.push(counts.iter().enumerate().map(row).collect());
    }
    Ok(tables)
}

/// What draws the episodes of a protocol.
fn sampler(protocol: &Protocol, sizes: &[usize]) -> Result<EpisodeSampler> {
    let even = EpisodeSampler::new(sizes.to_vec(), protocol.shape, protocol.seed)?;
    Ok(match protocol.imbalance {
        Some(concentration) => even.with_unequal_queries(concentration)?,
        None => even,
    })
}

fn is_own(generator: &Control) -> bool {
    *generator == Control::Own
}

/// The head in words, and a context that is out of the ordinary.
fn compared(row: &Row) -> String {
    let head = match row.head {
        HeadKind::Prototype => format!("prototypes by {}", row.distance),
        HeadKind::Ridge => "ridge regression".to_owned(),
    };
    let asked = match row.context {
        QueryContext::Inductive => head,
        context => format!("{head}, {context} (queries looked at together)"),
    };
    match row.imbalance {
        None => asked,
        Some(concentration) => {
            format!("{asked}, shares of classes from Dirichlet({concentration})")
        }
    }
}

/// The rows for a person to read.
fn table(rows: &[Row]) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let mut text = format!(
        "{} {}: {}-way {}-shot, {} queries a class, {} episodes, {}, seed {} ({:.1} s)",
        first.data,
        first.split,
        first.ways,
        first.shots,
        first.queries,
        first.episodes,
        compared(first),
        first.seed,
        first.seconds
    );
    for row in rows {
        text.push_str(&format!(
            "\n  M = {:<4} {:6.2} ± {:.2} %",
            row.hallucinate,
            100.0 * row.accuracy,
            100.0 * row.ci95
        ));
        if let (Some(difference), Some(ci95)) = (row.paired_difference, row.paired_ci95) {
            text.push_str(&format!(
                "   {:+.2} ± {:.2} against M = {}, same episodes",
                100.0 * difference,
                100.0 * ci95,
                first.hallucinate
            ));
        }
        if let Some(spread) = row.spread {
            text.push_str(&format!("   variance {spread:.3} of the class's"));
        }
    }
    if let Some(outsiders) = &first.outsiders {
        text.push_str(&format!("\n  {outsiders}"));
    }
    text
}

#[cfg(test)]
mod tests;
