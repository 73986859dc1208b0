//! What asking for the most helpful labels is worth: on data whose labels are known, how
//! many are needed for a share of the accuracy that all of them give, beside labels that
//! are drawn at random.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};
use fewshot::classifier::{ClassExamples, Classifier, Example, Settings};
use fewshot::metrics::{Interval, decide};
use fewshot::{Model, rng, stack};
use rand::Rng as _;
use rand::seq::SliceRandom as _;
use rayon::prelude::*;
use serde::Serialize;

use crate::cli::NextArgs;
use crate::commands::pictures::embed_dataset;
use crate::commands::{classes, inputs};
use crate::data::Part;
use crate::episodes::by_class;
use crate::progress::Progress;
use crate::{device, output, weights};

/// Of the accuracy that all labels give.
const SHARE: f64 = 0.95;
/// Classes told apart where `--ways` does not say.
const WAYS: usize = 20;
/// Pictures of each class that are tested on, at most; a third where there are fewer.
const TESTED: usize = 20;
/// Pictures of each class that can be asked about: a number between these, so that the
/// classes are of unequal size as people's are.
const POOL: [usize; 2] = [5, 40];
/// A class needs one to test on and the fewest to ask about.
const FEWEST: usize = 8;

/// What comes out: its keys are a contract.
#[derive(Clone, Debug, Serialize)]
struct Row {
    data: String,
    split: Part,
    ways: usize,
    /// Labels given at a time.
    count: usize,
    draws: usize,
    seed: u64,
    share: f64,
    /// Pictures that could be asked about, on average.
    pool: f64,
    /// Accuracy with all of them labelled, a fraction, and with the first one of each class.
    accuracy_of_all: f64,
    accuracy_at_first: f64,
    /// Labels needed, the first one of each class included.
    random: f64,
    random_ci95: f64,
    next: f64,
    next_ci95: f64,
    /// Fewer by asking, over the same draws.
    saved: f64,
    saved_ci95: f64,
    seconds: f64,
}

/// One draw of a person's work.
struct Task {
    /// (P, D): what can be asked about.
    pool: Tensor,
    /// Its classes.
    owners: Vec<usize>,
    /// The first picture of each class, whose label is there from the beginning.
    first: Vec<usize>,
    /// (T, D): what is tested on.
    test: Tensor,
    truth: Vec<usize>,
}

/// What a draw comes to.
struct Outcome {
    pool: f64,
    accuracy_of_all: f64,
    accuracy_at_first: f64,
    random: f64,
    next: f64,
}

/// Runs the measurement.
///
/// # Errors
/// Where weights or data cannot be read or do not allow such draws.
pub fn run(args: &NextArgs, data: &Path) -> Result<()> {
    ensure!(args.draws > 1, "--draws is {}; give at least 2 for an interval", args.draws);
    let started = Instant::now();
    let device = device::pick(args.device)?;
    let checkpoint = weights::read(&args.weights)?;
    let source = inputs::open(Some(data))?;
    let mut dataset = classes::choose(&source, args.split, &checkpoint)?;
    let before = dataset.classes.len();
    dataset.classes.retain(|class| class.images.len() >= FEWEST);
    let count = dataset.classes.len();
    if count < before {
        eprintln!(
            "note: {} classes have fewer than {FEWEST} pictures and are left out",
            before - count
        );
    }
    let ways = args.ways.unwrap_or(WAYS.min(count));
    ensure!(
        (2..=count).contains(&ways),
        "--ways is {ways}; {} has {count} classes to draw from, give 2 to {count}",
        data.display()
    );
    let on_device = Model::from_checkpoint(&checkpoint, &device)?;
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
    let mut settings = Settings::with_head(&model.config, args.head.unwrap_or(model.config.head));
    settings.distance = args.distance.unwrap_or(settings.distance);
    let features = embed_dataset(&on_device, &dataset, &device)?.to_device(&Device::Cpu)?;
    let features = by_class(&features, &dataset.class_sizes())?;
    let progress = Progress::new("drawing", args.draws);
    let outcome = |number: usize| {
        let task = Task::draw(&features, ways, args.seed, number)?;
        let outcome = task.outcome(&model, settings, args.count, args.seed, number);
        progress.advance();
        outcome
    };
    let outcomes = (0..args.draws).into_par_iter().map(outcome).collect::<Result<Vec<_>>>()?;
    progress.finish();
    let of = |value: fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<f64>>();
    let (random, next) = (of(|outcome| outcome.random), of(|outcome| outcome.next));
    let saved = Interval::of_paired_difference(&random, &next);
    let mean = |value| Interval::of(&of(value)).mean;
    let [random, next] = [random, next].map(|labels| Interval::of(&labels));
    let row = Row {
        data: dataset.name.clone(),
        split: args.split,
        ways,
        count: args.count,
        draws: args.draws,
        seed: args.seed,
        share: SHARE,
        pool: mean(|outcome| outcome.pool),
        accuracy_of_all: mean(|outcome| outcome.accuracy_of_all),
        accuracy_at_first: mean(|outcome| outcome.accuracy_at_first),
        random: random.mean,
        random_ci95: random.ci95,
        next: next.mean,
        next_ci95: next.ci95,
        saved: saved.mean,
        saved_ci95: saved.ci95,
        seconds: started.elapsed().as_secs_f64(),
    };
    output::line(if args.json { serde_json::to_string(&row)? } else { sentence(&row) })
}

fn sentence(row: &Row) -> String {
    let Row { data, ways, draws, count, pool, .. } = row;
    format!(
        "{data}, {ways} classes, {pool:.0} pictures, {count} labels at a time, {draws} draws: \
         {:.1} % with an example of each class, {:.1} % with all labels; for {:.0} % of that \
         {:.1} ± {:.1} labels at random, {:.1} ± {:.1} as `fewshot next` asks, {:.1} ± {:.1} fewer",
        row.accuracy_at_first * 100.0,
        row.accuracy_of_all * 100.0,
        row.share * 100.0,
        row.random,
        row.random_ci95,
        row.next,
        row.next_ci95,
        row.saved,
        row.saved_ci95,
    )
}

impl Task {
    /// Classes, their pictures and which of them come first, decided by seed and number.
    fn draw(features: &[Tensor], ways: usize, seed: u64, number: usize) -> Result<Self> {
        let draws = &mut rng::rng(seed, rng::stream_of(&["next", &number.to_string()]));
        let mut classes: Vec<usize> = (0..features.len()).collect();
        classes.shuffle(draws);
        let (mut pool, mut owners, mut first) = (Vec::new(), Vec::new(), Vec::new());
        let (mut test, mut truth) = (Vec::new(), Vec::new());
        for (way, &class) in classes[..ways].iter().enumerate() {
            let count = features[class].dims()[0];
            let mut images: Vec<usize> = (0..count).collect();
            images.shuffle(draws);
            let (tested, rest) = images.split_at(TESTED.min(count / 3));
            let asked = draws.random_range(POOL[0]..=POOL[1]).min(rest.len());
            first.push(pool.len());
            for (rows, labels, images) in
                [(&mut test, &mut truth, tested), (&mut pool, &mut owners, &rest[..asked])]
            {
                for &image in images {
                    rows.push(features[class].get(image)?);
                    labels.push(way);
                }
            }
        }
        Ok(Self { pool: stack(&pool)?, owners, first, test: stack(&test)?, truth })
    }

    fn outcome(
        &self,
        model: &Model,
        settings: Settings,
        count: usize,
        seed: u64,
        number: usize,
    ) -> Result<Outcome> {
        let all: Vec<usize> = (0..self.owners.len()).collect();
        let mut classifier = Classifier::new(model, settings)?;
        let accuracy_of_all = self.accuracy(&mut classifier, &all)?;
        let accuracy_at_first = self.accuracy(&mut classifier, &self.first)?;
        let enough = SHARE * accuracy_of_all;
        let draws = &mut rng::rng(seed, rng::stream_of(&["random", &number.to_string()]));
        let random = self.needed(&mut classifier, enough, count, |_classifier, left| {
            let mut rows: Vec<usize> = (0..left.dims()[0]).collect();
            rows.shuffle(draws);
            rows.truncate(count);
            Ok(rows)
        })?;
        let next = self.needed(&mut classifier, enough, count, |classifier, left| {
            Ok(classifier.next_to_label(left, count)?)
        })?;
        let [random, next, pool] = [random, next, all.len()].map(|labels| labels as f64);
        Ok(Outcome { pool, accuracy_of_all, accuracy_at_first, random, next })
    }

    /// Labels until the accuracy is `enough`; `choose` names rows of what is left, (U, D).
    fn needed(
        &self,
        classifier: &mut Classifier,
        enough: f64,
        count: usize,
        mut choose: impl FnMut(&mut Classifier, &Tensor) -> Result<Vec<usize>>,
    ) -> Result<usize> {
        let mut labelled = self.first.clone();
        while self.accuracy(classifier, &labelled)? < enough {
            let left: Vec<usize> =
                (0..self.owners.len()).filter(|row| !labelled.contains(row)).collect();
            if left.len() <= count {
                return Ok(self.owners.len());
            }
            let rows = left.iter().map(|&row| self.pool.get(row));
            let features = stack(&rows.collect::<Result<Vec<_>, _>>()?)?;
            labelled.extend(choose(classifier, &features)?.into_iter().map(|row| left[row]));
        }
        Ok(labelled.len())
    }

    /// On the test pictures, taught by these rows of the pool.
    fn accuracy(&self, classifier: &mut Classifier, labelled: &[usize]) -> Result<f64> {
        let mut classes: Vec<ClassExamples> = self
            .first
            .iter()
            .enumerate()
            .map(|(way, _)| ClassExamples { id: way.to_string(), ..ClassExamples::default() })
            .collect();
        for &row in labelled {
            let example = Example::new(row.to_string(), self.pool.get(row)?);
            classes[self.owners[row]].examples.push(example);
        }
        classifier.set_classes(classes)?;
        let answers = classifier.probabilities(&self.test).context("cannot test")?;
        let right = answers.iter().zip(&self.truth).filter(|(row, way)| decide(row) == Some(**way));
        Ok(right.count() as f64 / self.truth.len() as f64)
    }
}
