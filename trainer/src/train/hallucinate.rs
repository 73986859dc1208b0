//! The generator alone, episodically, on features of the base classes that a
//! frozen encoder gave once, of every kind of pictures in turn: thousands of
//! episodes cost no convolution.

use anyhow::{Context, Result};
use candle_core::{Device, Tensor};
use fewshot::rng::{Rng, rng};
use fewshot::{EpisodeSampler, EpisodeShape, Model, Parameters};
use rand::Rng as _;
use rand::seq::IndexedRandom;

use super::episode::{hallucinated_support, images_of};
use super::learner::{Descent, Learner, Start, Step};
use super::losses::{accuracy, cross_entropy, query_labels};
use super::setup::{Kind, Setup};
use super::streams::{Purpose, at_step};
use crate::recipe::Generating;
use crate::{batch, features};

/// The generator's training under way.
#[derive(Debug)]
pub(super) struct Hallucinations {
    stage: Generating,
    model: Model,
    device: Device,
    /// Of each kind of pictures; they take turns.
    kinds: Vec<Base>,
    descent: Descent,
    episode_seed: u64,
    choice_seed: u64,
}

/// The base classes of one kind of pictures.
#[derive(Debug)]
struct Base {
    /// (copies · images, D), ready to compare; a copy after the other.
    features: Tensor,
    /// The mean of all features of each class, (C, D).
    class_means: Tensor,
    cache: std::sync::Arc<crate::data::PixelCache>,
}

impl Hallucinations {
    /// Encodes the base classes and starts, or goes on.
    pub fn new(stage: &Generating, start: Start<'_>) -> Result<Self> {
        let Start { setup, index, config, live, .. } = start;
        let model = Model::new(config.clone(), live)?;
        let mut vars = live.trainable()?;
        vars.retain(|(name, _)| name.starts_with("generator."));
        let descent = Descent::new(&stage.optimizer, &stage.schedule, stage.episodes, vars, start)?;
        let mut kinds = Vec::new();
        for kind in setup.kinds() {
            let features = encode(stage, setup, kind, index, &model)?;
            let mut means = Vec::new();
            for class in 0..kind.train.class_count() {
                let range = kind.train.class_range(class);
                means.push(features.narrow(0, range.start, range.len())?.mean(0)?);
            }
            let (class_means, cache) = (Tensor::stack(&means, 0)?, kind.train.clone());
            kinds.push(Base { features, class_means, cache });
        }
        Ok(Self {
            stage: stage.clone(),
            device: setup.device.clone(),
            kinds,
            model,
            descent,
            episode_seed: setup.seed(index, Purpose::Episode),
            choice_seed: setup.seed(index, Purpose::Choice),
        })
    }

    /// Rows of `features`: each picture in a copy of its own drawing.
    fn rows(&self, kind: &Base, images: &[usize], draws: &mut Rng) -> Result<Tensor> {
        let count = kind.cache.len();
        let row = |&image: &usize| {
            let copy = draws.random_range(0..self.stage.copies);
            (copy * count + image) as u32
        };
        let rows: Vec<u32> = images.iter().map(row).collect();
        Ok(kind.features.index_select(&Tensor::new(rows, &self.device)?, 0)?)
    }
}

impl Learner for Hallucinations {
    fn step(&mut self, step: usize) -> Result<Step> {
        let mut draws = rng(self.choice_seed, step as u64);
        let kind = &self.kinds[step % self.kinds.len()];
        let Generating { ways, queries, .. } = self.stage;
        let shots = *self.stage.shots.choose(&mut draws).context("shots is empty")?;
        let count = self.stage.hallucinate.draw(&mut draws).max(1);
        let sampler = EpisodeSampler::new(
            kind.cache.class_sizes(),
            EpisodeShape { ways, shots, queries },
            self.episode_seed,
        )
        .context("the base classes do not suffice for these episodes; change the stage")?;
        let episode = sampler.episode(step as u64);
        let images = images_of(&episode, &kind.cache);
        let rows = self.rows(kind, &images, &mut draws)?;
        let support = rows.narrow(0, 0, ways * shots)?.reshape((ways, shots, ()))?;
        let query = rows.narrow(0, ways * shots, ways * queries)?;

        let generator = self.model.generator.as_ref().context("the model has no generator")?;
        let weight = self.stage.hallucinated_weight;
        let (support, made) = hallucinated_support(generator, &support, count, weight, &mut draws)?;
        let config = &self.model.config;
        let scores = config.own_head().fit(&support)?.scores(&query)?;
        let own = config.temperature_of(config.head);
        let scores = (scores / f64::from(self.stage.temperature.unwrap_or(own)))?;
        let labels = query_labels(ways, queries);
        let accuracy = accuracy(&scores, &labels)?;
        let mut loss = cross_entropy(&scores, &Tensor::new(labels, &self.device)?, 0.0)?;
        if self.stage.pull > 0.0 {
            let classes: Vec<u32> = episode.classes.iter().map(|&class| class as u32).collect();
            let classes = Tensor::new(classes, &self.device)?;
            let targets = kind.class_means.index_select(&classes, 0)?;
            let apart = (made.mean(1)? - targets)?.sqr()?.sum(1)?.mean_all()?;
            loss = (loss + (apart * f64::from(self.stage.pull))?)?;
        }
        let (loss, rate) = self.descent.step(&loss, step)?;
        Ok(Step { loss, accuracy, rate })
    }

    fn state(&self) -> Parameters {
        self.descent.state()
    }
}

/// The base classes' features: plain, then `copies - 1` times varied.
fn encode(
    stage: &Generating,
    setup: &Setup,
    kind: &Kind,
    index: usize,
    model: &Model,
) -> Result<Tensor> {
    let embedder = model.embedder()?;
    let image = &model.config.image;
    let count = kind.train.len();
    let watch = setup.watch("encoding the base classes", count * stage.copies);
    let embed = |images: &Tensor| embedder.embed(images);
    let plain = features::encode_split(embed, image, &kind.train, &setup.device, &|done| {
        watch.advance(done)
    })?;
    let mut parts = vec![plain];
    let all: Vec<usize> = (0..count).collect();
    for copy in 1..stage.copies {
        let seed = at_step(setup.seed(index, Purpose::Augment), copy);
        let varied = |number, chunk: &[usize]| {
            let seed = at_step(seed, number);
            Ok(batch::assemble_varied(image, &kind.train, chunk, &stage.augment, seed, true))
        };
        let advance = |done| watch.advance(count * copy + done);
        parts.push(features::encode_made(embed, image, &all, &setup.device, varied, &advance)?);
    }
    watch.finish();
    Ok(Tensor::cat(&parts, 0)?)
}
