//! BatchNorm over a batch.

use candle_core::{CpuStorage, CudaStorage, CustomOp3, Layout, Shape, Tensor};

use super::super::operations::BatchStatistics;
use crate::{Result, computed::Computed};

/// BatchNorm over this batch (Ioffe and Szegedy 2015, algorithm 1), its gradient as in section 3
/// there, gathered into one multiple of the gradient, one of the map, and a constant a channel.
///
/// # Shapes
/// - map: (B, C, H, W), gamma and beta: (C)
/// - output: (B, C, H, W)
///
/// # Errors
/// If the shapes do not fit, or the device fails.
pub(in super::super) fn batch_norm(
    map: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    epsilon: f64,
) -> Result<(Tensor, BatchStatistics)> {
    let map = map.contiguous()?;
    let plain = map.detach();
    let count = count(&plain)?;
    let mean = (channel_sums(&plain)? / count)?;
    let var = (channel_sums(&plain.broadcast_sub(&spread(&mean)?)?.sqr()?)? / count)?;
    let root = (&var + epsilon)?.sqrt()?.recip()?;
    let scale = (gamma.detach() * &root)?;
    let shift = (beta.detach() - (&mean * &scale)?)?;
    let output = Computed(plain.broadcast_mul(&spread(&scale)?)?.broadcast_add(&spread(&shift)?)?);
    let statistics =
        BatchStatistics { mean: mean.clone(), var: (&var * (count / (count - 1.0).max(1.0)))? };
    let normalised = map.apply_op3(gamma, beta, BatchNorm { output, mean, root })?;
    Ok((normalised, statistics))
}

/// Values of one channel.
fn count(map: &Tensor) -> candle_core::Result<f64> {
    let (batch, _, height, width) = map.dims4()?;
    Ok((batch * height * width) as f64)
}

/// (B, C, H, W) to (C), each picture's part first: that many blocks of threads can work.
fn channel_sums(map: &Tensor) -> candle_core::Result<Tensor> {
    map.flatten_from(2)?.sum(2)?.sum(0)
}

/// (C) to (1, C, 1, 1).
fn spread(channels: &Tensor) -> candle_core::Result<Tensor> {
    channels.reshape((1, (), 1, 1))
}

struct BatchNorm {
    output: Computed,
    /// (C)
    mean: Tensor,
    /// 1 / √(var + ε), (C)
    root: Tensor,
}

impl CustomOp3 for BatchNorm {
    fn name(&self) -> &'static str {
        "batch-norm"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        self.output.on_cpu()
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> candle_core::Result<(CudaStorage, Shape)> {
        self.output.on_cuda()
    }

    fn bwd(
        &self,
        map: &Tensor,
        gamma: &Tensor,
        _: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (map, gamma) = (map.detach(), gamma.detach());
        let gradient = gradient.detach().contiguous()?;
        let count = count(&map)?;
        let of_beta = channel_sums(&gradient)?;
        let products = channel_sums(&(&gradient * &map)?)?;
        let of_gamma = ((products - (&of_beta * &self.mean)?)? * &self.root)?;
        // of_map = scale · (gradient − of_beta / n − (map − mean) · root · of_gamma / n)
        let scale = (&gamma * &self.root)?;
        let by_map = ((&scale * &self.root)? * &of_gamma)?.affine(-1.0 / count, 0.0)?;
        let constant = ((&scale * &of_beta)?.affine(-1.0 / count, 0.0)? - (&by_map * &self.mean)?)?;
        let of_map = (gradient.broadcast_mul(&spread(&scale)?)?
            + map.broadcast_mul(&spread(&by_map)?)?)?
        .broadcast_add(&spread(&constant)?)?;
        Ok((Some(of_map), Some(of_gamma), Some(of_beta)))
    }
}
