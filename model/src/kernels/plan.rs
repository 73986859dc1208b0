//! A frozen network as a plan of fused operations on the CPU and in WebAssembly.
//!
//! Maps are NHWC without a border, channels filled up with zeros to whole vectors of
//! the instruction set at hand. A picture passes through all steps by itself, so
//! that its features do not depend on the pictures beside it; several pictures are
//! encoded on several threads. Each step has its kernel in a file of its own:
//! [`dense`], [`inverted`] (around [`depthwise`]) and [`pool`]; all products are
//! [`pointwise`]'s.

mod dense;
mod depthwise;
mod inverted;
mod pointwise;
mod pool;
mod step;

pub(crate) use self::step::same_padding;
pub use self::step::{Activation, Convolution, Moments, Step};
use self::{dense::Dense, inverted::InvertedResidual, pool::MaxPool};
use super::{parallel, scratch, simd::Level};

/// The size of a map.
#[derive(Clone, Copy, Debug)]
struct Shape {
    side: usize,
    /// Channels that carry values.
    channels: usize,
    /// Values of a pixel.
    width: usize,
}

impl Shape {
    fn len(self) -> usize {
        self.side * self.side * self.width
    }
}

/// A network ready to encode pictures.
#[derive(Debug)]
pub(crate) struct Plan {
    level: Level,
    input_channels: usize,
    operations: Vec<Operation>,
}

#[derive(Debug)]
enum Operation {
    Convolve { dense: Dense, add_kept: bool },
    InvertedResidual(InvertedResidual),
    Keep(Option<Dense>),
    MaxPool,
    Pool(Moments),
}

impl Plan {
    /// Packs the weights of each step in turn, so that a step can be dropped before the
    /// next is made.
    ///
    /// # Errors
    /// The first of `steps`.
    pub fn new<E>(
        level: Level,
        input_channels: usize,
        steps: impl Iterator<Item = Result<Step, E>>,
    ) -> Result<Self, E> {
        let lanes = level.lanes();
        let mut operations = Vec::new();
        // The pixels of a picture are not filled up.
        let mut width = input_channels;
        for step in steps {
            operations.push(match step? {
                Step::Convolve { convolution, add_kept } => {
                    let dense = Dense::new(lanes, width, &convolution);
                    width = convolution.output().next_multiple_of(lanes);
                    Operation::Convolve { dense, add_kept }
                }
                Step::InvertedResidual { expand, depthwise, project, residual } => {
                    width = project.output().next_multiple_of(lanes);
                    Operation::InvertedResidual(InvertedResidual::new(
                        lanes,
                        expand.as_ref(),
                        &depthwise,
                        &project,
                        residual,
                    ))
                }
                Step::Keep { shortcut } => {
                    Operation::Keep(shortcut.map(|shortcut| Dense::new(lanes, width, &shortcut)))
                }
                Step::MaxPool => Operation::MaxPool,
                Step::Pool(moments) => Operation::Pool(moments),
            });
        }
        Ok(Self { level, input_channels, operations })
    }

    /// # Shapes
    /// - pixels: (B, C, S, S)
    /// - output: (B, D)
    pub fn forward(&self, pixels: &[f32], side: usize) -> Vec<f32> {
        let image = self.input_channels * side * side;
        let features =
            parallel::map(pixels.chunks_exact(image), |pixels| self.encode(pixels, side));
        features.concat()
    }

    /// The map after an operation.
    fn after(operation: &Operation, shape: Shape) -> Shape {
        match operation {
            Operation::Convolve { dense, .. } => dense.shape(shape),
            Operation::InvertedResidual(block) => block.shape(shape),
            Operation::MaxPool => Shape { side: shape.side / 2, ..shape },
            Operation::Keep(_) | Operation::Pool(_) => shape,
        }
    }

    fn encode(&self, pixels: &[f32], side: usize) -> Vec<f32> {
        let channels = self.input_channels;
        let start = Shape { side, channels, width: channels };
        let (mut largest, mut kept_len, mut shape) = (start.len(), 0, start);
        for operation in &self.operations {
            if let Operation::Keep(shortcut) = operation {
                let kept = shortcut.as_ref().map_or(shape, |shortcut| shortcut.shape(shape));
                kept_len = kept_len.max(kept.len());
            }
            shape = Self::after(operation, shape);
            largest = largest.max(shape.len());
        }
        scratch::with([largest, largest, kept_len], |[mut from, mut to, kept]| {
            interleave(pixels, channels, from);
            let (mut shape, mut pooled) = (start, Vec::new());
            for operation in &self.operations {
                let next = Self::after(operation, shape);
                let (input, output) = (&from[..shape.len()], &mut to[..next.len()]);
                match operation {
                    Operation::Convolve { dense, add_kept } => {
                        let residual = add_kept.then_some(&kept[..]);
                        dense.run(self.level, shape, input, residual, output);
                    }
                    Operation::InvertedResidual(block) => {
                        block.run(self.level, shape, input, output);
                    }
                    Operation::MaxPool => self.level.run(MaxPool { shape, input, output }),
                    Operation::Keep(None) => kept[..shape.len()].copy_from_slice(input),
                    Operation::Keep(Some(shortcut)) => {
                        shortcut.run(self.level, shape, input, None, kept);
                    }
                    Operation::Pool(wanted) => {
                        pooled.push(pool::moments(self.level, *wanted, shape, input));
                    }
                }
                if !matches!(operation, Operation::Keep(_) | Operation::Pool(_)) {
                    std::mem::swap(&mut from, &mut to);
                    shape = next;
                }
            }
            pooled.rotate_right(1);
            pooled.concat()
        })
    }
}

/// (C, S, S) to (S, S, C).
fn interleave(pixels: &[f32], channels: usize, to: &mut [f32]) {
    for (channel, plane) in pixels.chunks_exact(pixels.len() / channels).enumerate() {
        let targets = to[channel..].iter_mut().step_by(channels);
        targets.zip(plane).for_each(|(target, value)| *target = *value);
    }
}
