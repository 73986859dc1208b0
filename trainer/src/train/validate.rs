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
use crate::episodes::{accuracies, by_class, each_episode, on_host};

/// Accuracies as fractions, of one kind of pictures after the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scores(pub Vec<KindScores>);

/// Accuracies on one kind of pictures, in the order of the recipe's shots.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KindScores {
    /// What the data set is called; none for the one that the backbone learns from.
    pub data: Option<String>,
    pub shots: Vec<usize>,
    /// From the real features alone.
    pub plain: Vec<f64>,
    /// With hallucinated features, while a generator learns.
    pub hallucinated: Option<Vec<f64>>,
}

impl Scores {
    /// What weights are chosen by: the mean over shots, with hallucinations where
    /// there are some, each kind of pictures counting alike.
    pub fn criterion(&self) -> f64 {
        let kinds = self.0.iter().map(|kind| {
            let values = kind.hallucinated.as_ref().unwrap_or(&kind.plain);
            values.iter().sum::<f64>() / values.len().max(1) as f64
        });
        kinds.sum::<f64>() / self.0.len().max(1) as f64
    }
}

/// A model and the features of the validation classes.
#[derive(Debug)]
pub(super) struct Validated {
    pub model: Model,
    /// Of each kind of pictures, of each class, (images, D), ready to compare.
    pub kinds: Vec<Vec<Tensor>>,
}

impl Validated {
    /// From [`raw`]: what is done after the backbone.
    pub fn of_raw(
        setup: &Setup,
        config: &ModelConfig,
        parameters: &Parameters,
        raw: &[Tensor],
    ) -> Result<Self> {
        let model = Model::new(config.clone(), parameters)?;
        let kinds = setup
            .kinds()
            .zip(raw)
            .map(|(kind, raw)| by_class(&model.transform.apply(raw)?, &kind.val.class_sizes()));
        let kinds = kinds.collect::<Result<_>>()?;
        Ok(Self { model, kinds })
    }

    /// Accuracy at each of the recipe's shots, hallucinating `count` a class
    /// too where that is above 0.
    pub fn score(&self, setup: &Setup, count: usize) -> Result<Scores> {
        let counts: &[usize] = if count > 0 { &[0, count] } else { &[0] };
        let evaluator = self.evaluator(setup, counts);
        let mut scores = Vec::new();
        for (index, (kind, features)) in setup.kinds().zip(&self.kinds).enumerate() {
            let shots = setup.recipe.validation.shots.clone();
            let (mut plain, mut hallucinated) = (Vec::new(), Vec::new());
            for &shots in &shots {
                let (sampler, episodes) = sampler(setup, features, shots)?;
                let by_count = accuracies(&evaluator, features, &sampler, episodes, None, &|_| {})?;
                let mut means =
                    by_count.iter().map(|episodes| metrics::Interval::of(episodes).mean);
                plain.extend(means.next());
                hallucinated.extend(means);
            }
            let data = (index > 0).then(|| kind.name.clone());
            let hallucinated = (count > 0).then_some(hallucinated);
            scores.push(KindScores { data, shots, plain, hallucinated });
        }
        Ok(Scores(scores))
    }

    /// Scores of the queries of each episode of every kind, (NQ, N), on the host,
    /// before any temperature.
    pub fn episode_scores(&self, setup: &Setup, shots: usize) -> Result<Vec<Tensor>> {
        let evaluator = self.evaluator(setup, &[0]);
        let mut all = Vec::new();
        for features in &self.kinds {
            let (sampler, episodes) = sampler(setup, features, shots)?;
            let features = on_host(features)?;
            all.extend(each_episode(&features, episodes, |number| {
                let scores = evaluator.scores(&features, &sampler.episode(number), number)?;
                scores.into_iter().next().context("an episode has no scores")
            })?);
        }
        Ok(all)
    }

    fn evaluator<'a>(&'a self, setup: &Setup, counts: &'a [usize]) -> Evaluator<'a> {
        let generator = self.model.generator.as_ref();
        Evaluator::of(&self.model.config, generator, counts, seed(setup))
    }
}

/// Features of the validation pictures of each kind as the backbone leaves them.
pub(super) fn raw(
    setup: &Setup,
    config: &ModelConfig,
    parameters: &Parameters,
) -> Result<Vec<Tensor>> {
    setup.kinds().map(|kind| setup.raw_features(&kind.val, config, parameters)).collect()
}

fn sampler(setup: &Setup, features: &[Tensor], shots: usize) -> Result<(EpisodeSampler, usize)> {
    let validation = &setup.recipe.validation;
    let shape = EpisodeShape { ways: validation.ways, shots, queries: validation.queries };
    let sizes = features.iter().map(|class| class.dims()[0]).collect();
    let sampler = EpisodeSampler::new(sizes, shape, seed(setup))
        .context("the validation classes do not suffice; change [validation]")?;
    Ok((sampler, validation.episodes))
}

fn seed(setup: &Setup) -> u64 {
    setup.seed(usize::MAX, Purpose::Validation)
}
