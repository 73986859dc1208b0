//! What is measured rather than learned: the mean feature of the base classes,
//! the temperature at which validation queries are most probable, and when a
//! query is "none of these".

use anyhow::Result;
use candle_core::Tensor;
use fewshot::{ModelConfig, Parameters, Rejection};

use super::losses::cross_entropy;
use super::reject;
use super::setup::Setup;
use super::validate::Validated;
use crate::recipe::Fit;

/// Temperatures tried: from very sure to hardly sure, finer than anyone sees.
const GRID: usize = 81;
/// Lowest and highest temperature tried.
const BOUNDS: (f32, f32) = (1e-3, 1e3);

/// What a fit gives.
pub(super) struct Fitted {
    /// The model's, with the transform's mean from all base pictures.
    pub parameters: Parameters,
    /// With the smallest mean loss on validation episodes, where it is chosen.
    pub temperature: f32,
    /// Where it is calibrated and the validation classes suffice.
    pub rejection: Option<Rejection>,
}

/// Fits what the stage asks for; the rest stays as it is.
pub(super) fn fit(
    stage: &Fit,
    setup: &Setup,
    config: &ModelConfig,
    live: &Parameters,
) -> Result<Fitted> {
    let parameters = setup.centred(config, live.clone(), false)?;
    // Scores at temperature 1 serve every other.
    let plain = ModelConfig { temperature: 1.0, ..config.clone() };
    let validated = Validated::new(setup, &plain, &parameters)?;
    let temperature =
        if stage.temperature { best_temperature(setup, &validated)? } else { config.temperature };
    let rejection = if stage.rejection {
        reject::calibrate(setup, &validated)?
    } else {
        config.rejection.clone()
    };
    Ok(Fitted { parameters, temperature, rejection })
}

fn best_temperature(setup: &Setup, validated: &Validated) -> Result<f32> {
    let mut losses = vec![0.0f64; GRID];
    for &shots in &setup.recipe.validation.shots {
        validated.each_episode(setup, shots, 0, |scores, labels| {
            let labels = Tensor::new(labels, &setup.device)?;
            for (index, total) in losses.iter_mut().enumerate() {
                let scaled = (scores * (1.0 / f64::from(temperature(index))))?;
                let loss = cross_entropy(&scaled, &labels, 0.0)?.to_scalar::<f32>()?;
                *total += f64::from(loss);
            }
            Ok(())
        })?;
    }
    let best = (0..GRID).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap_or(0);
    Ok(temperature(best))
}

/// The grid is even in the logarithm.
fn temperature(index: usize) -> f32 {
    let (low, high) = BOUNDS;
    low * (high / low).powf(index as f32 / (GRID - 1) as f32)
}
