//! Conv-4 in candle's own operations: slow on the CPU, the path on GPUs,
//! and what the kernels are held against.

use candle_core::Tensor;

use super::{
    super::operations::{self, BatchStatistics, batch_norm, max_pool, normalise},
    EPSILON,
    block::Block,
};
use crate::Result;

/// The last block's output and each block's batch statistics; (B, C, S, S) to (B, L).
pub(super) fn forward_train(
    blocks: &[Block],
    images: &Tensor,
) -> Result<(Tensor, Vec<BatchStatistics>)> {
    let mut statistics = Vec::with_capacity(blocks.len());
    let mut map = images.clone();
    for block in blocks {
        // Without the bias, which BatchNorm takes out again: it only shifts the mean.
        let convolved = operations::convolve(&map, &block.weight)?;
        let (normalised, batch) = batch_norm(&convolved, &block.gamma, &block.beta, EPSILON)?;
        let mean = (batch.mean + block.bias.detach())?;
        statistics.push(BatchStatistics { mean, ..batch });
        map = max_pool(&normalised)?.relu()?;
    }
    Ok((map.flatten_from(1)?, statistics))
}

/// Features with the running statistics; (B, C, S, S) to (B, D).
pub(super) fn forward(blocks: &[Block], penultimate: f32, images: &Tensor) -> Result<Tensor> {
    let mut map = images.clone();
    let mut before = images.clone();
    for block in blocks {
        let statistics = BatchStatistics {
            mean: (&block.running_mean - &block.bias)?,
            var: block.running_var.clone(),
        };
        let convolved = operations::convolve(&map, &block.weight)?;
        let normalised = normalise(&convolved, &block.gamma, &block.beta, &statistics, EPSILON)?;
        before = std::mem::replace(&mut map, max_pool(&normalised)?.relu()?);
    }
    let last = map.flatten_from(1)?;
    if penultimate == 0.0 {
        return Ok(last);
    }
    let whole = 2 * map.dim(2)?;
    let windows = before.narrow(2, 0, whole)?.narrow(3, 0, whole)?.contiguous()?;
    let joined = (windows.avg_pool2d(2)?.flatten_from(1)? * f64::from(penultimate))?;
    Ok(Tensor::cat(&[last, joined], 1)?)
}
