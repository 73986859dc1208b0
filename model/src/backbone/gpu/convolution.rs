//! Convolution of stride 1 that keeps the side.

use candle_core::{CpuStorage, CudaStorage, CustomOp2, Layout, Shape, Tensor};

use crate::{Result, computed::Computed};

/// Zeros around, so that the side is kept.
///
/// The gradient with respect to the map is the convolution of the output's gradient with the
/// filters turned by half a circle (Goodfellow et al. 2016, "Deep Learning", section 9.5); for a
/// map that nothing is learned through, the pictures themselves, it is left out.
///
/// # Shapes
/// - map: (B, I, S, S), weight: (O, I, k, k), k odd
/// - output: (B, O, S, S)
///
/// # Errors
/// If the shapes do not fit, or the device fails.
pub(in super::super) fn convolve(map: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let (map, weight) = (map.contiguous()?, weight.contiguous()?);
    let padding = weight.dim(3)? / 2;
    let output = Computed(map.detach().conv2d(&weight.detach(), padding, 1, 1, 1)?);
    Ok(map.apply_op2(&weight, Convolution { output, padding })?)
}

struct Convolution {
    output: Computed,
    padding: usize,
}

impl CustomOp2 for Convolution {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn cpu_fwd(
        &self,
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
    ) -> candle_core::Result<(CudaStorage, Shape)> {
        self.output.on_cuda()
    }

    fn bwd(
        &self,
        map: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>)> {
        let is_learned_through = map.track_op();
        let (map, weight) = (map.detach(), weight.detach());
        let gradient = gradient.detach().contiguous()?;
        // The batch takes the channels' place: (I, B, S, S) by (O, B, S, S) to (I, O, k, k).
        let swapped = |tensor: &Tensor| tensor.transpose(0, 1)?.contiguous();
        let of_weight =
            swapped(&swapped(&map)?.conv2d(&swapped(&gradient)?, self.padding, 1, 1, 1)?)?;
        if !is_learned_through {
            return Ok((None, Some(of_weight)));
        }
        let (output, input, kernel, _) = weight.dims4()?;
        let positions = kernel * kernel;
        let reversed: Vec<u32> = (0..positions as u32).rev().collect();
        let reversed = Tensor::from_vec(reversed, positions, weight.device())?;
        let turned = weight
            .reshape((output, input, positions))?
            .index_select(&reversed, 2)?
            .reshape((output, input, kernel, kernel))?;
        let of_map = gradient.conv2d(&swapped(&turned)?, self.padding, 1, 1, 1)?;
        Ok((Some(of_map), Some(of_weight)))
    }
}
