//! The inverted residual block (Sandler et al. 2018, section 3.3), some rows at a
//! time: the many channels between its convolutions never leave the cache.

use std::ops::Range;

use super::{
    super::{scratch, simd::Level},
    Shape,
    depthwise::{Depthwise, Filter},
    pointwise::{Multiply, Pointwise, Rows},
    step::{Convolution, same_padding},
};

/// Values of the expanded rows that are held at a time, if one row of outputs does
/// not need more.
const BAND: usize = 128 * 1024;

/// A block ready for use.
#[derive(Debug)]
pub(super) struct InvertedResidual {
    expand: Option<Pointwise>,
    depthwise: Depthwise,
    project: Pointwise,
    output: usize,
    residual: bool,
}

/// Rows of the expanded map that are wanted.
struct Fresh {
    /// Counted with the zeros above the map.
    rows: Range<usize>,
    /// Rows and columns of zeros before the map.
    before: usize,
    /// Values from one row to the next.
    pitch: usize,
}

impl InvertedResidual {
    pub fn new(
        lanes: usize,
        expand: Option<&Convolution>,
        depthwise: &Convolution,
        project: &Convolution,
        residual: bool,
    ) -> Self {
        let pointwise = |convolution: &Convolution| {
            let Convolution { weight, bias, input, activation, .. } = convolution;
            debug_assert_eq!(weight.len(), bias.len() * input);
            let factor = |output: usize, depth: usize| weight[output * input + depth];
            Pointwise::new(lanes, *input, bias, *activation, factor)
        };
        Self {
            expand: expand.map(pointwise),
            depthwise: Depthwise::new(lanes, depthwise),
            project: pointwise(project),
            output: project.output(),
            residual,
        }
    }

    /// The output of a map.
    pub fn shape(&self, input: Shape) -> Shape {
        let (side, _) = same_padding(input.side, self.depthwise.kernel, self.depthwise.stride);
        Shape { side, channels: self.output, width: self.project.width }
    }

    /// Computes the block on one map.
    pub fn run(&self, level: Level, shape: Shape, input: &[f32], output: &mut [f32]) {
        let Depthwise { kernel, stride, width, .. } = self.depthwise;
        let to = self.shape(shape);
        let (_, before) = same_padding(shape.side, kernel, stride);
        // Rows and columns with the zeros around them.
        let padded = ((to.side - 1) * stride + kernel).max(before + shape.side);
        let pitch = padded * width;
        let most = (BAND / pitch).saturating_sub(kernel) / stride + 1;
        let bands = to.side.div_ceil(most);
        let tallest = to.side.div_ceil(bands);
        let expanded_len = ((tallest - 1) * stride + kernel) * pitch;
        scratch::with([expanded_len, tallest * to.side * width], |[expanded, filtered]| {
            expanded.fill(0.0);
            let mut held: Range<usize> = 0..0;
            for band in 0..bands {
                let rows = to.side * band / bands..to.side * (band + 1) / bands;
                let wanted = rows.start * stride..(rows.end - 1) * stride + kernel;
                let kept = held.end.saturating_sub(wanted.start);
                expanded.copy_within(
                    (wanted.start - held.start) * pitch..(wanted.start - held.start + kept) * pitch,
                    0,
                );
                let fresh = wanted.start + kept..wanted.end;
                let fresh = Fresh { rows: fresh, before, pitch };
                self.expand(level, shape, input, fresh, &mut expanded[kept * pitch..]);
                held = wanted;
                let filtered = &mut filtered[..rows.len() * to.side * width];
                level.run(Filter {
                    depthwise: &self.depthwise,
                    input: expanded,
                    pitch,
                    output: filtered,
                    columns: to.side,
                });
                let pixels = rows.start * to.side * to.width..rows.end * to.side * to.width;
                level.run(Multiply {
                    pointwise: &self.project,
                    input: filtered,
                    input_width: width,
                    count: rows.len() * to.side,
                    residual: self.residual.then(|| &input[pixels.clone()]),
                    output: &mut output[pixels],
                    rows: Rows { side: to.side, pitch: to.side * to.width },
                });
            }
        });
    }

    /// Fills rows, whose first and last columns are zero already.
    fn expand(&self, level: Level, shape: Shape, input: &[f32], fresh: Fresh, to: &mut [f32]) {
        let Fresh { rows, before, pitch } = fresh;
        let inside = |row: usize| row.saturating_sub(before).min(shape.side);
        let (first, last) = (inside(rows.start), inside(rows.end));
        let above = (first + before).saturating_sub(rows.start).min(rows.len());
        let below = above + (last - first);
        to[..above * pitch].fill(0.0);
        to[below * pitch..rows.len() * pitch].fill(0.0);
        if first == last {
            return;
        }
        let row_len = shape.side * shape.width;
        let from = &input[first * row_len..last * row_len];
        let start = above * pitch + before * self.depthwise.width;
        match &self.expand {
            Some(pointwise) => level.run(Multiply {
                pointwise,
                input: from,
                input_width: shape.width,
                count: (last - first) * shape.side,
                residual: None,
                output: &mut to[start..],
                rows: Rows { side: shape.side, pitch },
            }),
            None => {
                for (from, to) in from.chunks_exact(row_len).zip(to[start..].chunks_mut(pitch)) {
                    to[..row_len].copy_from_slice(from);
                }
            }
        }
    }
}
