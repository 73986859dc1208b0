//! Prototypes and the scores of queries against them.

use candle_core::Tensor;

use crate::{
    Distance, Result,
    kernels::arithmetic::{add, affine, mean_keepdim},
};

/// The prototype of each class: the mean of its support features
/// (Snell et al. 2017, equation 1).
///
/// # Shapes
/// - support: (N, K, D)
/// - output: (N, D)
///
/// # Errors
/// If `support` has another rank.
pub fn mean(support: &Tensor) -> Result<Tensor> {
    let (_ways, _shots, _dim) = support.dims3()?;
    Ok(mean_keepdim(support, 1)?.squeeze(1)?)
}

/// The prototype of each class from real and hallucinated features.
///
/// Without a weight it is the mean of all K + M (Wang et al. 2018, section 4).
/// With one, the hallucinated mean counts as `hallucinated_weight` real
/// features whatever M is, so that many hallucinations cannot swamp one picture.
///
/// # Shapes
/// - support: (N, K, D)
/// - hallucinated: (N, M, D)
/// - output: (N, D)
///
/// # Errors
/// If N or D differ.
pub fn with_hallucinated(
    support: &Tensor,
    hallucinated: &Tensor,
    hallucinated_weight: Option<f32>,
) -> Result<Tensor> {
    let (_ways, shots, _dim) = support.dims3()?;
    let (_ways, count, _dim) = hallucinated.dims3()?;
    if count == 0 {
        return mean(support);
    }
    let weight = hallucinated_weight.map_or(count as f64, f64::from);
    let total = shots as f64 + weight;
    let real = affine(&mean(support)?, shots as f64 / total, 0.0)?;
    add(&real, &affine(&mean(hallucinated)?, weight / total, 0.0)?)
}

/// The score of each query for each class: minus distance over temperature.
/// Their softmax is the class's probability (Snell et al. 2017, equation 2).
///
/// # Shapes
/// - queries: (Q, D)
/// - prototypes: (N, D)
/// - output: (Q, N)
///
/// # Errors
/// If D differs.
pub fn scores(
    queries: &Tensor,
    prototypes: &Tensor,
    distance: Distance,
    temperature: f32,
) -> Result<Tensor> {
    let distances = distance.pairwise(queries, prototypes)?;
    affine(&distances, -1.0 / f64::from(temperature), 0.0)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn class(features: &[f32]) -> Tensor {
        Tensor::from_slice(features, (1, features.len(), 1), &Device::Cpu).unwrap()
    }

    #[test]
    fn hallucinations_count_as_real_ones_unless_weighted() -> Result<()> {
        let (real, hallucinated) = (class(&[1.0, 3.0]), class(&[6.0, 8.0, 10.0]));
        let value = |weight| -> Result<f32> {
            let prototype = with_hallucinated(&real, &hallucinated, weight)?;
            Ok(prototype.flatten_all()?.to_vec1::<f32>()?[0])
        };
        assert!((value(None)? - 28.0 / 5.0).abs() < 1e-6);
        assert!((value(Some(2.0))? - 5.0).abs() < 1e-6);
        assert!((value(Some(0.0))? - 2.0).abs() < 1e-6);
        Ok(())
    }

    #[test]
    fn the_nearest_prototype_scores_highest() -> Result<()> {
        let prototypes = Tensor::new(&[[0f32, 0.0], [4.0, 4.0]], &Device::Cpu)?;
        let queries = Tensor::new(&[[1f32, 0.0], [3.0, 4.0]], &Device::Cpu)?;
        let scores = scores(&queries, &prototypes, Distance::L2, 2.0)?;
        assert_eq!(scores.argmax(1)?.to_vec1::<u32>()?, [0, 1]);
        assert_eq!(scores.to_vec2::<f32>()?[0], [-0.5, -12.5]);
        Ok(())
    }
}
