//! Losses over rows of scores. The scores themselves are the model's.

use candle_core::{D, Tensor};
use fewshot::{Result, metrics};

/// Mean cross-entropy of each row's true class, with `smoothing` of the target
/// spread over all classes.
///
/// # Shapes
/// - scores: (B, N), f32; labels: (B), u32; output: ()
pub(crate) fn cross_entropy(scores: &Tensor, labels: &Tensor, smoothing: f32) -> Result<Tensor> {
    let shifted = scores.broadcast_sub(&scores.detach().max_keepdim(D::Minus1)?)?;
    let log_sum = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
    let log_probability = shifted.broadcast_sub(&log_sum)?;
    let of_truth = log_probability.gather(&labels.unsqueeze(1)?, 1)?.mean_all()?;
    if smoothing == 0.0 {
        return Ok(of_truth.neg()?);
    }
    let smoothing = f64::from(smoothing);
    let smoothed = (of_truth * (1.0 - smoothing))? + (log_probability.mean_all()? * smoothing)?;
    Ok(smoothed?.neg()?)
}

/// Share of rows whose highest score is the true class.
///
/// # Shapes
/// - scores: (B, N), f32
pub(super) fn accuracy(scores: &Tensor, labels: &[u32]) -> Result<f64> {
    let rows = scores.detach().to_vec2::<f32>()?;
    let truth = labels.iter().map(|&label| label as usize);
    Ok(metrics::accuracy(rows.iter().map(Vec::as_slice), truth))
}

/// The class of each query of an episode whose queries are ordered by way.
pub(crate) fn query_labels(ways: usize, queries: usize) -> Vec<u32> {
    (0..ways as u32).flat_map(|way| std::iter::repeat_n(way, queries)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn a_case_from_pytorch() -> Result<()> {
        // F.cross_entropy(torch.tensor([[1., 2., 4.], [0., -1., 3.]]), torch.tensor([2, 0]),
        //                 label_smoothing=s) for s = 0 and 0.1
        let scores = Tensor::new(&[[1f32, 2.0, 4.0], [0.0, -1.0, 3.0]], &Device::Cpu)?;
        let labels = Tensor::new(&[2u32, 0], &Device::Cpu)?;
        for (smoothing, expected) in [(0.0, 1.617865), (0.1, 1.667865)] {
            let loss = cross_entropy(&scores, &labels, smoothing)?.to_scalar::<f32>()?;
            assert!((loss - expected).abs() < 1e-5, "{smoothing}: {loss}");
        }
        assert_eq!(accuracy(&scores, &[2, 0])?, 0.5);
        assert_eq!(query_labels(2, 3), [0, 0, 0, 1, 1, 1]);
        Ok(())
    }
}
