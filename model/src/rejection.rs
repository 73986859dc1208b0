//! How strange a query is to all given classes: the score behind "none of these".
//!
//! Calibrating the threshold against validation classes is the trainer's
//! business; it is stored with the model ([`crate::Rejection`]).

use candle_core::Tensor;

use crate::{Distance, Result};

/// The distance that tells strangers apart: the model's own, but for `dot`,
/// which measures length as much as likeness and gives way to `cosine`.
pub fn distance(model: Distance) -> Distance {
    if model == Distance::Dot { Distance::Cosine } else { model }
}

/// The distance of each query to the nearest mean of real support features.
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
pub fn scores(
    queries: &Tensor,
    means: &Tensor,
    shots: &[usize],
    distance: Distance,
) -> Result<Vec<f32>> {
    let distances = self::distance(distance).pairwise(queries, means)?.to_vec2::<f32>()?;
    let factors = shots.iter().map(|&shots| shots as f32 / (shots as f32 + 1.0));
    let nearest = |row: &Vec<f32>| {
        row.iter().zip(factors.clone()).map(|(d, factor)| d * factor).fold(f32::INFINITY, f32::min)
    };
    Ok(distances.iter().map(nearest).collect())
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::rng;

    #[test]
    fn strangers_score_higher_and_shots_share_a_scale() -> Result<()> {
        let dim = 200;
        let draw = |stream, count: usize| {
            rng::normal(&mut rng::rng(1, stream), (count, dim), &Device::Cpu)
        };
        let mean_score = |shots: usize, shift: f64| -> Result<f32> {
            let means = draw(0, shots)?.mean_keepdim(0)?;
            let queries = (draw(1, 50)? + shift)?;
            let scores = scores(&queries, &means, &[shots], Distance::L2)?;
            Ok(scores.iter().sum::<f32>() / 50.0)
        };
        let (one, ten, strange) = (mean_score(1, 0.0)?, mean_score(10, 0.0)?, mean_score(1, 1.0)?);
        assert!((one / ten - 1.0).abs() < 0.2, "{one} {ten}");
        assert!(strange > 1.3 * one, "{strange} {one}");
        assert_eq!(distance(Distance::Dot), Distance::Cosine);
        Ok(())
    }
}
