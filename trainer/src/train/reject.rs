//! When a query is "none of these": the threshold, chosen on validation classes
//! of which half are left out of each episode and play the outsiders.

use anyhow::Result;
use fewshot::{EpisodeSampler, EpisodeShape, Rejection, rejection};

use super::setup::Setup;
use super::streams::Purpose;
use super::validate::Validated;
use crate::episodes::{auroc, outsiders};

/// One threshold for all of the recipe's shots and every kind of pictures, and the
/// AUROC at the most of them, the mean over kinds; none where there are too few
/// classes or pictures for such episodes.
pub(super) fn calibrate(setup: &Setup, validated: &Validated) -> Result<Option<Rejection>> {
    let validation = &setup.recipe.validation;
    let seed = setup.seed(usize::MAX, Purpose::Validation);
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    let mut areas = Vec::new();
    let mut shots = validation.shots.clone();
    shots.sort_unstable();
    for features in &validated.kinds {
        let sizes: Vec<usize> = features.iter().map(|class| class.dims()[0]).collect();
        let known = validation.ways.min(sizes.len() / 2);
        let mut area = None;
        for &shots in &shots {
            let shape = EpisodeShape { ways: 2 * known, shots, queries: validation.queries };
            let Ok(sampler) = EpisodeSampler::new(sizes.clone(), shape, seed) else {
                return Ok(None);
            };
            let episodes = outsiders(features, &sampler, validation.episodes)?;
            area = auroc(&episodes);
            for (insiders, outsiders) in episodes {
                inside.extend(insiders);
                outside.extend(outsiders);
            }
        }
        areas.extend(area.map(|area| area.mean));
    }
    let threshold = rejection::threshold(&inside, &outside);
    let auroc = (areas.iter().sum::<f64>() / areas.len().max(1) as f64) as f32;
    Ok(threshold.filter(|_| !areas.is_empty()).map(|threshold| Rejection { threshold, auroc }))
}
