//! Episodes on the validation classes: the only thing weights are chosen by.
//!
//! Features are encoded once; the episodes are the same at every validation of
//! a run, so differences are not luck of the draw.

use anyhow::{Context, Result};
use candle_core::Tensor;
use fewshot::episode::Episode;
use fewshot::hallucinator::noise;
use fewshot::rng::rng;
use fewshot::{EpisodeSampler, EpisodeShape, Model, ModelConfig, Parameters, metrics, prototype};

use super::losses::{accuracy, query_labels};
use super::setup::Setup;
use super::streams::{Purpose, at_step};
use crate::features;

/// Accuracies as fractions, in the order of the recipe's shots.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Scores {
    pub shots: Vec<usize>,
    /// From the real features alone.
    pub plain: Vec<f64>,
    /// With hallucinated features, while a generator learns.
    pub hallucinated: Option<Vec<f64>>,
}

impl Scores {
    /// What weights are chosen by: the mean over shots, with hallucinations
    /// where there are some.
    pub fn criterion(&self) -> f64 {
        let values = self.hallucinated.as_ref().unwrap_or(&self.plain);
        values.iter().sum::<f64>() / values.len().max(1) as f64
    }
}

/// Features of the validation classes and where each class begins.
#[derive(Debug)]
pub(super) struct Validated {
    pub model: Model,
    /// (images, D), ready to compare
    pub features: Tensor,
}

impl Validated {
    /// Encodes the validation pictures with `parameters`.
    pub fn new(setup: &Setup, config: &ModelConfig, parameters: &Parameters) -> Result<Self> {
        let model = Model::new(config.clone(), parameters)?;
        let embedder = model.embedder()?;
        let features = features::encode_split(
            |images| embedder.embed(images),
            &config.image,
            &setup.val,
            &setup.device,
            &|_, _| {},
        )?;
        Ok(Self { model, features })
    }

    /// Accuracy at each of the recipe's shots, hallucinating `count` a class
    /// too where that is above 0.
    pub fn score(&self, setup: &Setup, count: usize) -> Result<Scores> {
        let shots = setup.recipe.validation.shots.clone();
        let mut plain = Vec::new();
        let mut hallucinated = Vec::new();
        for &shots in &shots {
            plain.push(self.accuracy(setup, shots, 0)?);
            if count > 0 {
                hallucinated.push(self.accuracy(setup, shots, count)?);
            }
        }
        let hallucinated = (count > 0).then_some(hallucinated);
        Ok(Scores { shots, plain, hallucinated })
    }

    fn accuracy(&self, setup: &Setup, shots: usize, count: usize) -> Result<f64> {
        let mut accuracies = Vec::new();
        self.each_episode(setup, shots, count, |scores, labels| {
            accuracies.push(accuracy(scores, labels)?);
            Ok(())
        })?;
        Ok(metrics::Interval::of(&accuracies).mean)
    }

    /// Calls `visit` with the queries' scores (NQ, N), at the model's
    /// temperature, and their labels, for each episode.
    pub fn each_episode(
        &self,
        setup: &Setup,
        shots: usize,
        count: usize,
        mut visit: impl FnMut(&Tensor, &[u32]) -> Result<()>,
    ) -> Result<()> {
        let validation = &setup.recipe.validation;
        let shape = EpisodeShape { ways: validation.ways, shots, queries: validation.queries };
        let seed = setup.seed(usize::MAX, Purpose::Validation);
        let sampler = EpisodeSampler::new(setup.val.class_sizes(), shape, seed)
            .context("the validation classes do not suffice; change [validation]")?;
        let labels = query_labels(shape.ways, shape.queries);
        for number in 0..validation.episodes {
            let episode = sampler.episode(number as u64);
            let scores = self.episode(setup, &episode, count, at_step(seed, number))?;
            visit(&scores, &labels)?;
        }
        Ok(())
    }

    fn episode(&self, setup: &Setup, episode: &Episode, count: usize, seed: u64) -> Result<Tensor> {
        let rows = |images: &[Vec<usize>]| -> Result<Tensor> {
            let of_way = |(way, images): (usize, &Vec<usize>)| {
                let start = setup.val.class_range(episode.classes[way]).start;
                images.iter().map(move |image| (start + image) as u32).collect::<Vec<_>>()
            };
            let rows: Vec<u32> = images.iter().enumerate().flat_map(of_way).collect();
            let rows = Tensor::new(rows, &setup.device)?;
            Ok(self.features.index_select(&rows, 0)?)
        };
        let support = rows(&episode.support)?;
        let (ways, shots) = (episode.classes.len(), episode.support[0].len());
        let dim = support.dim(1)?;
        let support = support.reshape((ways, shots, dim))?;
        let prototypes = match &self.model.generator {
            Some(generator) if count > 0 => {
                // The support's order is random already, so the first is a random one.
                let seeds = generator.seeds(&support, |_shots| 0)?;
                let noise = noise(&mut rng(seed, 0), ways, count, dim, &setup.device)?;
                let imagined = generator.hallucinate(&seeds, &noise)?;
                let weight = generator.config().hallucinated_weight;
                prototype::with_hallucinated(&support, &imagined, weight)?
            }
            _ => prototype::mean(&support)?,
        };
        let config = &self.model.config;
        let queries = rows(&episode.query)?;
        Ok(prototype::scores(&queries, &prototypes, config.distance, config.temperature)?)
    }
}
