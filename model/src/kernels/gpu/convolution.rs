//! Convolution of stride 1 that keeps the side.

use candle_core::{CpuStorage, CudaStorage, CustomOp2, Layout, Shape, Tensor};

use super::kernel::{blocks, kernel, launch, memory, room, tensor};
use crate::{Result, computed::Computed};

/// As `POSITIONS` and `OUTPUTS` in the source: of a block of `convolve`.
const POSITIONS: usize = 128;
const OUTPUTS: usize = 64;
/// As `COLUMNS` and `STRETCH` there: of a block of `weight_gradient`.
const COLUMNS: usize = 64;
const STRETCH: usize = 32;
/// What keeps a large GPU busy while the gradient of the weights is summed.
const BLOCKS: usize = 528;

/// Zeros around, so that the side is kept.
///
/// The gradient with respect to the map is the convolution of the output's gradient with the
/// filters turned by half a circle (Goodfellow et al. 2016, "Deep Learning", section 9.5); for a
/// map that nothing is learned through, the pictures themselves, it is left out.
///
/// # Shapes
/// - map: (B, I, S, S), weight: (O, I, 3, 3) or (O, I, 1, 1)
/// - output: (B, O, S, S)
///
/// # Errors
/// If the shapes do not fit, or the device fails.
pub(crate) fn convolve(map: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let (batch, _, side, _) = map.dims4()?;
    let (map, weight) = (map.contiguous()?, weight.contiguous()?);
    if weight.dim(2)? == 1 {
        let filters = weight.flatten_from(1)?.unsqueeze(0)?;
        let convolved = filters.broadcast_matmul(&map.flatten_from(2)?)?;
        return Ok(convolved.reshape((batch, (), side, side))?);
    }
    let output = Computed(convolved(&map, &weight, false)?);
    Ok(map.apply_op2(&weight, Convolution { output })?)
}

struct Convolution {
    output: Computed,
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
        let gradient = gradient.contiguous()?;
        let of_map = map.track_op().then(|| convolved(&gradient, weight, true)).transpose()?;
        Ok((of_map, Some(weight_gradient(map, &gradient)?)))
    }
}

/// (B, I, S, S) by (O, I, 3, 3) to (B, O, S, S); `turned`, by (I, O, 3, 3).
fn convolved(map: &Tensor, weight: &Tensor, turned: bool) -> candle_core::Result<Tensor> {
    let (batch, input, side, width) = map.dims4()?;
    let (rows, columns, height, _) = weight.dims4()?;
    let (output, taken) = if turned { (columns, rows) } else { (rows, columns) };
    if (side, input, height) != (width, taken, 3) {
        candle_core::bail!("{:?} cannot be convolved with {:?}", map.shape(), weight.shape())
    }
    let positions = batch * side * side;
    let (map, weight) = (memory(map), memory(weight));
    let device = map.device()?;
    let mut written = room(device, positions * output)?;
    let grid = (positions.div_ceil(POSITIONS), output.div_ceil(OUTPUTS), 1);
    let [inputs, outputs, side_, positions, turned] =
        [input, output, side, positions, usize::from(turned)].map(|number| number as i32);
    // SAFETY: the sizes are the tensors' own, checked above; a block past the end writes nothing.
    unsafe {
        launch!(
            device,
            "convolve",
            blocks(grid, 256),
            &map.values()?,
            &weight.values()?,
            &mut written,
            &inputs,
            &outputs,
            &side_,
            &positions,
            &turned,
        );
    }
    Ok(tensor(written, device, (batch, output, side, side)))
}

/// (B, I, S, S) and (B, O, S, S) to (O, I, 3, 3).
fn weight_gradient(map: &Tensor, gradient: &Tensor) -> candle_core::Result<Tensor> {
    let (batch, input, side, _) = map.dims4()?;
    let output = gradient.dim(1)?;
    let (positions, columns) = (batch * side * side, input * 9);
    let (of_columns, of_outputs) = (columns.div_ceil(COLUMNS), output.div_ceil(OUTPUTS));
    let parts = (BLOCKS / (of_columns * of_outputs)).clamp(1, positions.div_ceil(STRETCH));
    let span = positions.div_ceil(parts).next_multiple_of(STRETCH);
    let parts = positions.div_ceil(span);
    let (map, gradient) = (memory(map), memory(gradient));
    let device = map.device()?;
    let length = output * columns;
    let (mut spans, mut written) = (room(device, parts * length)?, room(device, length)?);
    let [inputs, outputs, side, positions, span, count, length_] =
        [input, output, side, positions, span, parts, length].map(|number| number as i32);
    // SAFETY: the sizes are the tensors' own; the spans cover all positions, and a block past the
    // end of outputs, columns or positions writes nothing.
    unsafe {
        launch!(
            device,
            "weight_gradient",
            blocks((of_columns, of_outputs, parts), 128),
            &map.values()?,
            &gradient.values()?,
            &mut spans,
            &inputs,
            &outputs,
            &side,
            &positions,
            &span,
        );
        launch!(
            device,
            "sum_parts",
            blocks((length.div_ceil(64), 1, 1), 64),
            &spans,
            &mut written,
            &count,
            &length_,
        );
    }
    Ok(tensor(written, device, (output, input, 3, 3)))
}
