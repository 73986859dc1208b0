//! Maximum over 2x2 windows.

use candle_core::{CpuStorage, CudaStorage, CustomOp1, Layout, Shape, Tensor};

use super::kernel::{blocks, kernel, launch, memory, room, tensor};
use crate::{Result, computed::Computed};

/// Maximum over 2x2 windows, an odd last row or column left out; the gradient goes to the first
/// maximum of each.
///
/// # Shapes
/// - map: (B, C, H, W)
/// - output: (B, C, H / 2, W / 2)
///
/// # Errors
/// If the device fails.
pub(crate) fn max_pool(map: &Tensor) -> Result<Tensor> {
    let map = map.contiguous()?;
    let output = Computed(pooled(&map)?);
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
        of_map(map, &gradient.contiguous()?).map(Some)
    }
}

fn pooled(map: &Tensor) -> candle_core::Result<Tensor> {
    let (batch, channels, height, width) = map.dims4()?;
    let shape = (batch, channels, height / 2, width / 2);
    let map = memory(map);
    let device = map.device()?;
    let mut written = room(device, batch * channels * (height / 2) * (width / 2))?;
    let [height, width] = [height, width].map(|side| side as i32);
    // SAFETY: a block has a plane of the map and of the output, whose sizes these are.
    unsafe {
        launch!(
            device,
            "max_pool",
            blocks((batch * channels, 1, 1), 256),
            &map.values()?,
            &mut written,
            &height,
            &width,
        );
    }
    Ok(tensor(written, device, shape))
}

fn of_map(map: &Tensor, gradient: &Tensor) -> candle_core::Result<Tensor> {
    let (batch, channels, height, width) = map.dims4()?;
    let (map, gradient) = (memory(map), memory(gradient));
    let device = map.device()?;
    let mut written = room(device, batch * channels * height * width)?;
    let (rows, columns) = (height as i32, width as i32);
    // SAFETY: as above; candle hands a gradient of the output's shape.
    unsafe {
        launch!(
            device,
            "max_pool_gradient",
            blocks((batch * channels, 1, 1), 256),
            &map.values()?,
            &gradient.values()?,
            &mut written,
            &rows,
            &columns,
        );
    }
    Ok(tensor(written, device, (batch, channels, height, width)))
}
