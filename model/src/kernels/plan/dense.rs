//! A convolution over all channels: windows are laid out side by side (im2col),
//! some rows at a time, and multiplied.

use super::{
    super::{scratch, simd::Level},
    Shape,
    pointwise::{Multiply, Pointwise, Rows},
    step::{Convolution, same_padding},
};

/// Pixels that are multiplied together at least, so that the weights are not read
/// anew for a few of them.
const PIXELS: usize = 96;

/// A convolution ready for use.
#[derive(Debug)]
pub(super) struct Dense {
    pointwise: Pointwise,
    output: usize,
    kernel: usize,
    stride: usize,
}

impl Dense {
    /// For maps whose pixels have `input_width` values.
    pub fn new(lanes: usize, input_width: usize, convolution: &Convolution) -> Self {
        let Convolution { weight, bias, input, kernel, stride, activation } = convolution;
        let area = kernel * kernel;
        debug_assert_eq!(weight.len(), bias.len() * input * area);
        // Windows are (k, k, I), with whatever fills up a pixel.
        let depth = if area == 1 { *input } else { area * input_width };
        let factor = |output: usize, index: usize| {
            let (position, channel) = (index / input_width, index % input_width);
            if channel < *input {
                weight[(output * input + channel) * area + position]
            } else {
                0.0
            }
        };
        let pointwise = Pointwise::new(lanes, depth, bias, *activation, factor);
        Self { pointwise, output: bias.len(), kernel: *kernel, stride: *stride }
    }

    /// The output of a map.
    pub fn shape(&self, input: Shape) -> Shape {
        let (side, _) = same_padding(input.side, self.kernel, self.stride);
        Shape { side, channels: self.output, width: self.pointwise.width }
    }

    /// Convolves one map, adding `residual` before the activation.
    pub fn run(
        &self,
        level: Level,
        shape: Shape,
        input: &[f32],
        residual: Option<&[f32]>,
        output: &mut [f32],
    ) {
        let to = self.shape(shape);
        let rows = Rows { side: to.side, pitch: to.side * to.width };
        let pointwise = &self.pointwise;
        if self.kernel == 1 && self.stride == 1 {
            let (input_width, count) = (shape.width, to.side * to.side);
            level.run(Multiply { pointwise, input, input_width, count, residual, output, rows });
            return;
        }
        let window_len = self.kernel * self.kernel * shape.width;
        let band = PIXELS.div_ceil(to.side).min(to.side);
        scratch::with([band * to.side * window_len], |[windows]| {
            for first in (0..to.side).step_by(band) {
                let last = to.side.min(first + band);
                let count = (last - first) * to.side;
                for (row, windows) in
                    (first..last).zip(windows.chunks_exact_mut(to.side * window_len))
                {
                    self.windows_of_row(shape, input, row, windows);
                }
                let pixels = first * rows.pitch..last * rows.pitch;
                level.run(Multiply {
                    pointwise,
                    input: windows,
                    input_width: window_len,
                    count,
                    residual: residual.map(|residual| &residual[pixels.clone()]),
                    output: &mut output[pixels],
                    rows,
                });
            }
        });
    }

    /// The windows of one row of outputs, (side, k, k, width).
    fn windows_of_row(&self, shape: Shape, input: &[f32], row: usize, windows: &mut [f32]) {
        let Shape { side, width, .. } = shape;
        let (k, stride) = (self.kernel, self.stride);
        let (_, before) = same_padding(side, k, stride);
        for (column, window) in windows.chunks_exact_mut(k * k * width).enumerate() {
            // The part of the window's columns that lies inside the map.
            let from = (column * stride).saturating_sub(before);
            let skipped = before.saturating_sub(column * stride);
            let inside = (k - skipped).min(side - from);
            for (dy, to) in window.chunks_exact_mut(k * width).enumerate() {
                match (row * stride + dy).checked_sub(before).filter(|row| *row < side) {
                    Some(row) if inside == k => {
                        to.copy_from_slice(&input[(row * side + from) * width..][..k * width]);
                    }
                    Some(row) => {
                        to.fill(0.0);
                        let part = &mut to[skipped * width..][..inside * width];
                        part.copy_from_slice(&input[(row * side + from) * width..][..part.len()]);
                    }
                    None => to.fill(0.0),
                }
            }
        }
    }
}
