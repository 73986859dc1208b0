//! Episodes on the validation classes: the only thing weights are chosen by.
//!
//! Features are encoded once; the episodes are the same at every validation of
//! a run, so differences are not luck of the draw.

use anyhow::{Context, Result};
use candle_core::Tensor;
use fewshot::episode::Evaluator;
use fewshot::{EpisodeSampler, EpisodeShape, Model, ModelConfig, Parameters, metrics};

use super::setup::Setup;
use super::streams::Purpose;
use crate::episodes::{accuracies, by_class, each_episode};

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

/// A model and the features of the validation classes.
#[derive(Debug)]
pub(super) struct Validated {
    pub model: Model,
    /// Of each class, (images, D), ready to compare.
    pub features: Vec<Tensor>,
}

impl Validated {
    /// Encodes the validation pictures with `parameters`.
    pub fn new(setup: &Setup, config: &ModelConfig, parameters: &Parameters) -> Result<Self> {
        let raw = setup.raw_features(&setup.val, config, parameters)?;
        Self::of_raw(setup, config, parameters, &raw)
    }

    /// From [`Setup::raw_features`]: only what is done after the backbone.
    pub fn of_raw(
        setup: &Setup,
        config: &ModelConfig,
        parameters: &Parameters,
        raw: &Tensor,
    ) -> Result<Self> {
        let model = Model::new(config.clone(), parameters)?;
        let features = by_class(&model.transform.apply(raw)?, &setup.val.class_sizes())?;
        Ok(Self { model, features })
    }

    /// Accuracy at each of the recipe's shots, hallucinating `count` a class
    /// too where that is above 0.
    pub fn score(&self, setup: &Setup, count: usize) -> Result<Scores> {
        let shots = setup.recipe.validation.shots.clone();
        let counts: &[usize] = if count > 0 { &[0, count] } else { &[0] };
        let (mut plain, mut hallucinated) = (Vec::new(), Vec::new());
        for &shots in &shots {
            let evaluator = self.evaluator(setup, counts);
            let (sampler, episodes) = sampler(setup, shots)?;
            let by_count =
                accuracies(&evaluator, &self.features, &sampler, episodes, None, &|_| {})?;
            let mut means = by_count.iter().map(|episodes| metrics::Interval::of(episodes).mean);
            plain.extend(means.next());
            hallucinated.extend(means);
        }
        let hallucinated = (count > 0).then_some(hallucinated);
        Ok(Scores { shots, plain, hallucinated })
    }

    /// Scores of the queries of each episode, (NQ, N), before any temperature.
    pub fn episode_scores(&self, setup: &Setup, shots: usize) -> Result<Vec<Tensor>> {
        let evaluator = self.evaluator(setup, &[0]);
        let (sampler, episodes) = sampler(setup, shots)?;
        each_episode(&self.features, episodes, |number| {
            let scores = evaluator.scores(&self.features, &sampler.episode(number), number)?;
            scores.into_iter().next().context("an episode has no scores")
        })
    }

    fn evaluator<'a>(&'a self, setup: &Setup, counts: &'a [usize]) -> Evaluator<'a> {
        let generator = self.model.generator.as_ref();
        Evaluator::of(&self.model.config, generator, counts, seed(setup))
    }
}

fn sampler(setup: &Setup, shots: usize) -> Result<(EpisodeSampler, usize)> {
    let validation = &setup.recipe.validation;
    let shape = EpisodeShape { ways: validation.ways, shots, queries: validation.queries };
    let sampler = EpisodeSampler::new(setup.val.class_sizes(), shape, seed(setup))
        .context("the validation classes do not suffice; change [validation]")?;
    Ok((sampler, validation.episodes))
}

fn seed(setup: &Setup) -> u64 {
    setup.seed(usize::MAX, Purpose::Validation)
}
