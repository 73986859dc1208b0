//! Conv-4 in candle's own operations: slow on the CPU, the path on GPUs,
//! and what the kernels are held against.

use candle_core::{D, DType, Tensor};

use super::{
    EPSILON,
    block::{BatchStatistics, Block},
};
use crate::Result;

/// Features and each block's batch statistics; (B, C, S, S) to (B, D).
pub(super) fn forward_train(
    blocks: &[Block],
    images: &Tensor,
) -> Result<(Tensor, Vec<BatchStatistics>)> {
    let mut statistics = Vec::with_capacity(blocks.len());
    let mut map = images.clone();
    for block in blocks {
        let convolved = convolve(block, &map)?;
        let (batch, channels, height, width) = convolved.dims4()?;
        let count = (batch * height * width) as f64;
        let flat = convolved.transpose(0, 1)?.flatten_from(1)?;
        let mean = flat.mean_keepdim(1)?;
        let centred = flat.broadcast_sub(&mean)?;
        let var = centred.sqr()?.mean_keepdim(1)?;
        let scale = (&block.gamma.reshape((channels, 1))? / (&var + EPSILON)?.sqrt()?)?;
        let normalised = centred
            .broadcast_mul(&scale)?
            .broadcast_add(&block.beta.reshape((channels, 1))?)?
            .reshape((channels, batch, height, width))?
            .transpose(0, 1)?;
        statistics.push(BatchStatistics {
            mean: mean.flatten_all()?.detach(),
            var: (var.flatten_all()?.detach() * (count / (count - 1.0).max(1.0)))?,
        });
        map = max_pool(&normalised.relu()?)?;
    }
    Ok((map.flatten_from(1)?, statistics))
}

/// Features with the running statistics; (B, C, S, S) to (B, D).
pub(super) fn forward(blocks: &[Block], images: &Tensor) -> Result<Tensor> {
    let mut map = images.clone();
    for block in blocks {
        let per_channel = |tensor: &Tensor| tensor.reshape((1, (), 1, 1));
        let scale = (&block.gamma / (&block.running_var + EPSILON)?.sqrt()?)?;
        let shift = (&block.beta - (&block.running_mean * &scale)?)?;
        let normalised = convolve(block, &map)?
            .broadcast_mul(&per_channel(&scale)?)?
            .broadcast_add(&per_channel(&shift)?)?;
        map = max_pool(&normalised.relu()?)?;
    }
    Ok(map.flatten_from(1)?)
}

fn convolve(block: &Block, map: &Tensor) -> Result<Tensor> {
    let convolved = map.contiguous()?.conv2d(&block.weight, 1, 1, 1, 1)?;
    Ok(convolved.broadcast_add(&block.bias.reshape((1, (), 1, 1))?)?)
}

/// Maximum over 2x2 windows, an odd last row or column left out.
///
/// Built from argmax and gather because candle's own max-pool shares the
/// gradient of tied maxima, where PyTorch gives it to the first.
fn max_pool(map: &Tensor) -> Result<Tensor> {
    let (batch, channels, height, width) = map.dims4()?;
    let (rows, columns) = (height / 2, width / 2);
    let windows = map
        .narrow(2, 0, rows * 2)?
        .narrow(3, 0, columns * 2)?
        .contiguous()?
        .reshape(&[batch, channels, rows, 2, columns, 2][..])?
        .permute([0, 1, 2, 4, 3, 5])?
        .contiguous()?
        .reshape((batch * channels * rows * columns, 4))?;
    let first_maximum = windows.detach().argmax_keepdim(D::Minus1)?.to_dtype(DType::U32)?;
    Ok(windows.gather(&first_maximum, 1)?.reshape((batch, channels, rows, columns))?)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn tied_maxima_give_the_gradient_to_the_first() -> Result<()> {
        let map =
            Tensor::new(&[[[[1f32, 1.0, 0.0], [1.0, 1.0, 9.0], [5.0, 5.0, 5.0]]]], &Device::Cpu)?;
        let map = Var::from_tensor(&map)?;
        let pooled = max_pool(&map)?;
        assert_eq!(pooled.dims(), [1, 1, 1, 1]);
        let gradients = pooled.sum_all()?.backward()?;
        let gradient = gradients.get(&map).unwrap().flatten_all()?.to_vec1::<f32>()?;
        assert_eq!(gradient, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        Ok(())
    }
}
