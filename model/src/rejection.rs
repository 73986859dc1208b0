//! How strange a query is to all given classes: the score behind "none of these".
//!
//! Calibrating the threshold against validation classes is the trainer's
//! business; it is stored with the model ([`crate::Rejection`]).

use candle_core::Tensor;

use crate::{Distance, Episode, Result, Support, episode::rows, metrics::ranked};

/// The squared Euclidean distance of each query to the nearest mean of real
/// support features.
///
/// A mean of K features lies about σ²/K from its class's true centre and a query
/// σ², so distances shrink as K grows; multiplied by K / (K + 1), scores of
/// different shots share one threshold. Hallucinations, temperature and the
/// distance chosen for classifying play no part, so that the threshold holds
/// whatever those are set to.
///
/// # Shapes
/// - queries: (Q, D)
/// - means: (N, D), at least one
/// - shots: K of each class, N of them
/// - output: Q scores, the higher the stranger
///
/// # Errors
/// If D differs.
pub fn scores(queries: &Tensor, means: &Tensor, shots: &[usize]) -> Result<Vec<f32>> {
    let distances = Distance::L2.pairwise(queries, means)?.to_vec2::<f32>()?;
    let factors = shots.iter().map(|&shots| shots as f32 / (shots as f32 + 1.0));
    let nearest = |row: &Vec<f32>| {
        row.iter().zip(factors.clone()).map(|(d, factor)| d * factor).fold(f32::INFINITY, f32::min)
    };
    Ok(distances.iter().map(nearest).collect())
}

/// Scores of an episode of which only the first `known` ways are given: of their
/// queries, and of those of all other ways, which are outsiders.
///
/// # Shapes
/// - features: for each class, (images, D), f32, on one device
///
/// # Errors
/// If the episode's indices are out of range or `known` is 0.
pub fn of_episode(
    features: &[Tensor],
    episode: &Episode,
    known: usize,
) -> Result<(Vec<f32>, Vec<f32>)> {
    let support = rows(features, &episode.classes, &episode.support)?.narrow(0, 0, known)?;
    let query = rows(features, &episode.classes, &episode.query)?;
    let (ways, queries, dim) = query.dims3()?;
    let means = Support::of_episode(&support)?.means()?;
    let shots = vec![support.dim(1)?; known];
    let mut insiders = scores(&query.reshape((ways * queries, dim))?, &means, &shots)?;
    let outsiders = insiders.split_off(known * queries);
    Ok((insiders, outsiders))
}

/// The threshold that keeps and rejects best: the mean of the share of insiders
/// at or below it and the share of outsiders above it is largest. The two sides
/// weigh the same however many there are. None where either is empty or a score
/// is NaN.
pub fn threshold(insiders: &[f32], outsiders: &[f32]) -> Option<f32> {
    let all = ranked(insiders, outsiders)?;
    let (kept, lost) = (1.0 / insiders.len() as f64, 1.0 / outsiders.len() as f64);
    let (mut value, mut best, mut threshold) = (0.0, f64::NEG_INFINITY, all[0].0);
    for tied in all.chunk_by(|a, b| a.0 == b.0) {
        value += tied.iter().map(|(_, outside)| if *outside { -lost } else { kept }).sum::<f64>();
        if value > best {
            (best, threshold) = (value, tied[0].0);
        }
    }
    Some(threshold)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::{EpisodeSampler, EpisodeShape, metrics, rng};

    #[test]
    fn strangers_score_higher_and_shots_share_a_scale() -> Result<()> {
        let dim = 200;
        let draw = |stream, count: usize| {
            rng::normal(&mut rng::rng(1, stream), (count, dim), &Device::Cpu)
        };
        let mean_score = |shots: usize, shift: f64| -> Result<f32> {
            let means = draw(0, shots)?.mean_keepdim(0)?;
            let queries = (draw(1, 50)? + shift)?;
            let scores = scores(&queries, &means, &[shots])?;
            Ok(scores.iter().sum::<f32>() / 50.0)
        };
        let (one, ten, strange) = (mean_score(1, 0.0)?, mean_score(10, 0.0)?, mean_score(1, 1.0)?);
        assert!((one / ten - 1.0).abs() < 0.2, "{one} {ten}");
        assert!(strange > 1.3 * one, "{strange} {one}");
        Ok(())
    }

    #[test]
    fn classes_left_out_of_an_episode_are_outsiders() -> Result<()> {
        let class = |class: u64| -> Result<Tensor> {
            let centre = (rng::normal(&mut rng::rng(2, class), (1, 16), &Device::Cpu)? * 3.0)?;
            let spread = rng::normal(&mut rng::rng(3, class), (20, 16), &Device::Cpu)?;
            Ok(spread.broadcast_add(&centre)?)
        };
        let features = (0..8).map(class).collect::<Result<Vec<_>>>()?;
        let shape = EpisodeShape { ways: 6, shots: 3, queries: 4 };
        let episode = EpisodeSampler::new(vec![20; 8], shape, 1)?.episode(0);
        let (insiders, outsiders) = of_episode(&features, &episode, 2)?;
        assert_eq!((insiders.len(), outsiders.len()), (2 * 4, 4 * 4));
        assert!(metrics::auroc(&insiders, &outsiders) > Some(0.95));
        let threshold = threshold(&insiders, &outsiders).unwrap();
        assert!(insiders.iter().filter(|score| **score <= threshold).count() >= 7);
        assert!(outsiders.iter().filter(|score| **score > threshold).count() >= 14);
        Ok(())
    }

    #[test]
    fn the_threshold_weighs_both_sides_alike() {
        assert_eq!(threshold(&[1.0, 2.0, 3.0], &[4.0, 5.0]), Some(3.0));
        // A hundred outsiders at 2 weigh as one: 3 keeps all insiders, loses half.
        let outsiders: Vec<f32> = [vec![2.0; 50], vec![9.0; 50]].concat();
        assert_eq!(threshold(&[1.0, 1.0, 1.0, 3.0], &outsiders), Some(1.0));
        assert_eq!(threshold(&[3.0, 3.0], &outsiders), Some(3.0));
        assert_eq!(threshold(&[], &[1.0]), None);
        assert_eq!(threshold(&[f32::NAN], &[1.0]), None);
    }
}
