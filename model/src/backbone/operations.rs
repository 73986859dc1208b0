//! What training is made of, in candle's own operations, on any device; on an NVIDIA GPU in
//! kernels of ours.

use candle_core::{D, Tensor, Var};

use crate::Result;
#[cfg(feature = "cuda")]
use crate::kernels::gpu;

/// Share of the batch's statistics in the running ones at each step, PyTorch's default.
pub const MOMENTUM: f64 = 0.1;

/// What BatchNorm measured over one batch; each (O).
#[derive(Clone, Debug)]
pub(crate) struct BatchStatistics {
    pub mean: Tensor,
    /// Unbiased: divided by count − 1, as PyTorch's running variance is.
    pub var: Tensor,
}

impl BatchStatistics {
    /// The running mean and variance move towards the batch's.
    pub fn update(&self, running_mean: &Tensor, running_var: &Tensor) -> Result<()> {
        for (running, batch) in [(running_mean, &self.mean), (running_var, &self.var)] {
            let moved = ((running * (1.0 - MOMENTUM))? + (batch * MOMENTUM)?)?;
            Var::from_tensor(running)?.set(&moved.detach())?;
        }
        Ok(())
    }
}

/// Convolution of stride 1 that keeps the side, zeros around.
///
/// One matrix product over all windows (im2col): the gradient of candle's own convolution takes
/// more than ten times as long on the CPU. On an NVIDIA GPU a kernel of ours.
///
/// # Shapes
/// - map: (B, I, S, S), weight: (O, I, k, k), k odd
/// - output: (B, O, S, S)
pub(super) fn convolve(map: &Tensor, weight: &Tensor) -> Result<Tensor> {
    #[cfg(feature = "cuda")]
    if map.device().is_cuda() {
        return gpu::convolve(map, weight);
    }
    let (output, input, kernel, _) = weight.dims4()?;
    let padding = kernel / 2;
    let (batch, _, side, _) = map.dims4()?;
    let padded = map
        .transpose(0, 1)?
        .pad_with_zeros(2, padding, padding)?
        .pad_with_zeros(3, padding, padding)?;
    let mut windows = Vec::with_capacity(kernel * kernel);
    for (dy, dx) in (0..kernel).flat_map(|dy| (0..kernel).map(move |dx| (dy, dx))) {
        let window = padded.narrow(2, dy, side)?.narrow(3, dx, side)?;
        windows.push(window.reshape((input, batch * side * side))?);
    }
    // (k, k, I) by (B, S, S)
    let windows = Tensor::cat(&windows, 0)?;
    let filters = weight.permute((0, 2, 3, 1))?.reshape((output, kernel * kernel * input))?;
    Ok(filters.matmul(&windows)?.reshape((output, batch, side, side))?.transpose(0, 1)?)
}

/// BatchNorm over this batch (Ioffe and Szegedy 2015, algorithm 1): `(x − mean) / √(var + ε)
/// · gamma + beta`; (B, O, S, S) to the same.
pub(super) fn batch_norm(
    map: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    epsilon: f64,
) -> Result<(Tensor, BatchStatistics)> {
    #[cfg(feature = "cuda")]
    if map.device().is_cuda() {
        return gpu::batch_norm(map, gamma, beta, epsilon);
    }
    let (batch, channels, height, width) = map.dims4()?;
    let count = (batch * height * width) as f64;
    let flat = map.transpose(0, 1)?.flatten_from(1)?;
    let mean = flat.mean_keepdim(1)?;
    let centred = flat.broadcast_sub(&mean)?;
    let var = centred.sqr()?.mean_keepdim(1)?;
    let scale = (&gamma.reshape((channels, 1))? / (&var + epsilon)?.sqrt()?)?;
    let normalised = centred
        .broadcast_mul(&scale)?
        .broadcast_add(&beta.reshape((channels, 1))?)?
        .reshape((channels, batch, height, width))?
        .transpose(0, 1)?;
    let statistics = BatchStatistics {
        mean: mean.flatten_all()?.detach(),
        var: (var.flatten_all()?.detach() * (count / (count - 1.0).max(1.0)))?,
    };
    Ok((normalised, statistics))
}

/// BatchNorm with statistics that are given, `(x − mean) / √(var + ε) · gamma + beta`;
/// (B, O, S, S) to the same.
pub(super) fn normalise(
    map: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    statistics: &BatchStatistics,
    epsilon: f64,
) -> Result<Tensor> {
    #[cfg(feature = "cuda")]
    if map.device().is_cuda() {
        return gpu::normalise(map, gamma, beta, statistics, epsilon);
    }
    let per_channel = |tensor: &Tensor| tensor.reshape((1, (), 1, 1));
    let scale = (gamma / (&statistics.var + epsilon)?.sqrt()?)?;
    let shift = (beta - (&statistics.mean * &scale)?)?;
    Ok(map.broadcast_mul(&per_channel(&scale)?)?.broadcast_add(&per_channel(&shift)?)?)
}

/// Maximum over 2x2 windows, an odd last row or column left out.
///
/// Before the activation, which does not change which value is the greatest and then has a quarter
/// of the work. Built from argmax and gather because candle's own max-pool halves and quarters
/// gradients; on an NVIDIA GPU a kernel of ours.
pub(super) fn max_pool(map: &Tensor) -> Result<Tensor> {
    #[cfg(feature = "cuda")]
    if map.device().is_cuda() {
        return gpu::max_pool(map);
    }
    let (batch, channels, height, width) = map.dims4()?;
    let (rows, columns) = (height / 2, width / 2);
    let whole = map.narrow(2, 0, rows * 2)?.narrow(3, 0, columns * 2)?.contiguous()?;
    let windows = whole
        .reshape(&[batch, channels, rows, 2, columns, 2][..])?
        .permute([0, 1, 2, 4, 3, 5])?
        .contiguous()?
        .reshape((batch * channels * rows * columns, 4))?;
    let first_maximum = windows.detach().argmax_keepdim(D::Minus1)?;
    Ok(windows.gather(&first_maximum, 1)?.reshape((batch, channels, rows, columns))?)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::rng;

    fn draw(stream: u64, shape: &[usize]) -> Result<Var> {
        Ok(Var::from_tensor(&rng::normal(&mut rng::rng(4, stream), shape, &Device::Cpu)?)?)
    }

    /// The output, and the gradients of a sum that weighs each value its own way.
    fn with_gradients(output: &Tensor, of: &[&Var]) -> Result<Vec<Tensor>> {
        let weights = draw(9, output.dims())?;
        let gradients = (output * weights.as_detached_tensor())?.sum_all()?.backward()?;
        let gradient = |var: &&Var| gradients.get(var).expect("a gradient").clone();
        Ok(std::iter::once(output.clone()).chain(of.iter().map(gradient)).collect())
    }

    #[test]
    fn convolutions_are_candles_own() -> Result<()> {
        for (side, kernel) in [(7, 3), (4, 1), (1, 3)] {
            let map = draw(1, &[2, 5, side, side])?;
            let weight = draw(2, &[3, 5, kernel, kernel])?;
            let expected = map.conv2d(&weight, kernel / 2, 1, 1, 1)?;
            let expected = with_gradients(&expected, &[&map, &weight])?;
            let actual = with_gradients(&convolve(&map, &weight)?, &[&map, &weight])?;
            for (number, (actual, expected)) in actual.iter().zip(&expected).enumerate() {
                let off = (actual - expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
                assert!(off < 1e-4, "{number}: {off}");
            }
        }
        Ok(())
    }

    #[test]
    fn statistics_that_were_measured_normalise_as_their_batch_did() -> Result<()> {
        let map = draw(1, &[3, 5, 6, 4])?;
        let (gamma, beta) = (draw(2, &[5])?, draw(3, &[5])?);
        let (expected, measured) = batch_norm(&map, &gamma, &beta, 1e-5)?;
        let count = (3 * 6 * 4) as f64;
        let biased = BatchStatistics { var: (measured.var * ((count - 1.0) / count))?, ..measured };
        let actual = normalise(&map, &gamma, &beta, &biased, 1e-5)?;
        let off = (actual - expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
        assert!(off < 1e-4, "{off}");
        Ok(())
    }

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
