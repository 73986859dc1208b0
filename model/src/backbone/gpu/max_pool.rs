//! Maximum over 2x2 windows.

use candle_core::{CpuStorage, CudaStorage, CustomOp1, Layout, Shape, Tensor};

use crate::{Result, computed::Computed};

/// Maximum over 2x2 windows; even sides.
///
/// The gradient goes to every value that equals its window's maximum: in front of the activation,
/// where this stands, no two are equal. (Candle's own gradient is a quarter of the right one.)
///
/// # Shapes
/// - map: (B, C, H, W), contiguous
/// - output: (B, C, H / 2, W / 2)
///
/// # Errors
/// If the device fails.
pub(in super::super) fn max_pool(map: &Tensor) -> Result<Tensor> {
    let output = Computed(map.detach().max_pool2d(2)?);
    Ok(map.apply_op1(MaxPool { output })?)
}

struct MaxPool {
    output: Computed,
}

impl CustomOp1 for MaxPool {
    fn name(&self) -> &'static str {
        "max-pool"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        self.output.on_cpu()
    }

    fn cuda_fwd(&self, _: &CudaStorage, _: &Layout) -> candle_core::Result<(CudaStorage, Shape)> {
        self.output.on_cuda()
    }

    fn bwd(
        &self,
        map: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<Option<Tensor>> {
        let (_, _, height, width) = map.dims4()?;
        let spread = |tensor: &Tensor| tensor.contiguous()?.upsample_nearest2d(height, width);
        let is_maximum = map.detach().eq(&spread(&self.output.0)?)?.to_dtype(gradient.dtype())?;
        Ok(Some((spread(&gradient.detach())? * is_maximum)?))
    }
}
