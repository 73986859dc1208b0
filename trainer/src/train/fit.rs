//! What is measured rather than learned, with the backbone as it is: mean and
//! covariance of the base classes' features; shrinkage, λ, γ and temperatures, by
//! validation episodes of every kind of pictures; and when a query is "none of these".

use anyhow::Result;
use candle_core::{Device, Tensor};
use fewshot::{GeneratorKind, HeadKind, Model, ModelConfig, Parameters, RidgeConfig, transform};

use super::covariance::Spectrum;
use super::losses::{cross_entropy, query_labels};
use super::reject;
use super::setup::Setup;
use super::validate::{self, Scores, Validated};
use crate::episodes::by_class;
use crate::recipe::Fit;

/// Temperatures tried: from very sure to hardly sure, finer than anyone sees.
const GRID: usize = 81;
/// Lowest and highest temperature tried.
const BOUNDS: (f32, f32) = (1e-3, 1e3);

/// What a fit gives.
pub(super) struct Fitted {
    /// The model's, with what was measured of the base classes.
    pub parameters: Parameters,
    /// With the head's numbers and the threshold of "none of these".
    pub config: ModelConfig,
    /// On validation episodes.
    pub scores: Scores,
}

/// Fits what the stage asks for; the rest stays as it is.
pub(super) fn fit(
    stage: &Fit,
    setup: &Setup,
    config: &ModelConfig,
    live: &Parameters,
) -> Result<Fitted> {
    let mut config = config.clone();
    let mut parameters = live.clone();
    let raw = validate::raw(setup, &config, &parameters)?;
    let own = config.generator.as_ref();
    let noise_rank = own.filter(|own| own.kind == GeneratorKind::Covariance).map(|own| own.rank);
    let base = (config.transform.is_centred() || noise_rank.is_some())
        .then(|| setup.raw_features(&setup.own.train, &config, &parameters))
        .transpose()?;
    let class_sizes = setup.own.train.class_sizes();
    if let Some(base) = base.as_ref().filter(|_| config.transform.is_centred()) {
        let mean = config.transform.before_centring(base)?.mean(0)?;
        parameters.insert(transform::MEAN, mean);
    }
    if let Some((rank, base)) = config.transform.whitened().zip(base.as_ref()) {
        let base = config.transform.before_centring(base)?;
        let spectrum = Spectrum::within_classes(&by_class(&base, &class_sizes)?)?;
        let mut whitenings = Vec::new();
        for &shrinkage in &stage.shrinkage {
            whitenings.push(spectrum.whitening(shrinkage, rank, &setup.device)?);
        }
        parameters.extend(best_of(whitenings, |whitening| {
            let mut tried = parameters.clone();
            tried.extend(whitening.clone());
            criterion(setup, &config, &tried, &raw)
        })?);
    }
    if let Some((rank, base)) = noise_rank.zip(base.as_ref()) {
        let base = Model::new(config.clone(), &parameters)?.transform.apply(base)?;
        let spectrum = Spectrum::within_classes(&by_class(&base, &class_sizes)?)?;
        parameters.extend(spectrum.noise(rank, &setup.device)?);
    }
    if config.head == HeadKind::Ridge {
        let or_own = |given: &[f32], own: f32| {
            if given.is_empty() { vec![own] } else { given.to_vec() }
        };
        let lambdas = or_own(&stage.lambda, config.ridge.lambda);
        let gammas = or_own(&stage.gamma, config.ridge.gamma).into_iter();
        let pairs = gammas.flat_map(|gamma| lambdas.iter().map(move |&lambda| (gamma, lambda)));
        let with = |&(gamma, lambda): &(f32, f32)| {
            let ridge = RidgeConfig { gamma, lambda, ..config.ridge };
            ModelConfig { ridge, ..config.clone() }
        };
        let best =
            best_of(pairs.collect(), |pair| criterion(setup, &with(pair), &parameters, &raw))?;
        config = with(&best);
    }
    if stage.temperature {
        for head in HeadKind::ALL {
            let asked = ModelConfig { head, ..config.clone() };
            let validated = Validated::of_raw(setup, &asked, &parameters, &raw)?;
            let best = best_temperature(setup, &validated)?;
            match head {
                HeadKind::Prototype => config.temperature = best,
                HeadKind::Ridge => config.ridge.temperature = best,
            }
        }
    }
    let validated = Validated::of_raw(setup, &config, &parameters, &raw)?;
    if stage.rejection {
        config.rejection = reject::calibrate(setup, &validated)?;
    }
    let scores = validated.score(setup, 0)?;
    Ok(Fitted { parameters, config, scores })
}

fn criterion(
    setup: &Setup,
    config: &ModelConfig,
    parameters: &Parameters,
    raw: &[Tensor],
) -> Result<f64> {
    Ok(Validated::of_raw(setup, config, parameters, raw)?.score(setup, 0)?.criterion())
}

/// The candidate with the highest score, the first of equals; a single one is
/// taken without trying it.
fn best_of<T>(candidates: Vec<T>, score: impl Fn(&T) -> Result<f64>) -> Result<T> {
    let alone = candidates.len() == 1;
    let mut best: Option<(f64, T)> = None;
    for candidate in candidates {
        let score = if alone { 0.0 } else { score(&candidate)? };
        if best.as_ref().is_none_or(|(highest, _)| score > *highest) {
            best = Some((score, candidate));
        }
    }
    let (_score, candidate) =
        best.ok_or_else(|| anyhow::anyhow!("there is nothing to choose from: an empty list"))?;
    Ok(candidate)
}

/// The temperature at which the right answers of validation episodes are most
/// probable, over all of the recipe's shots.
fn best_temperature(setup: &Setup, validated: &Validated) -> Result<f32> {
    let validation = &setup.recipe.validation;
    let labels = Tensor::new(query_labels(validation.ways, validation.queries), &Device::Cpu)?;
    let mut losses = vec![0.0f64; GRID];
    for &shots in &validation.shots {
        for scores in validated.episode_scores(setup, shots)? {
            for (index, total) in losses.iter_mut().enumerate() {
                let scaled = (&scores * (1.0 / f64::from(temperature(index))))?;
                let loss = cross_entropy(&scaled, &labels, 0.0)?.to_scalar::<f32>()?;
                *total += f64::from(loss);
            }
        }
    }
    let best = (0..GRID).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap_or(0);
    Ok(temperature(best))
}

/// The grid is even in the logarithm.
fn temperature(index: usize) -> f32 {
    let (low, high) = BOUNDS;
    low * (high / low).powf(index as f32 / (GRID - 1) as f32)
}
