//! What a frozen network does to a picture, as plain numbers: written by a kind of
//! backbone, computed by [`super::Plan`] and, in candle's operations, by
//! [`crate::backbone`]; what whoever computes a backbone elsewhere is given.

/// What becomes of a value: `min(max(x, slope · x), ceiling)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Activation {
    /// Of the line below zero.
    pub slope: f32,
    /// No value is above it.
    pub ceiling: f32,
}

impl Activation {
    /// Values as they are.
    pub const NONE: Self = Self { slope: 1.0, ceiling: f32::INFINITY };
    /// max(x, 0).
    pub const RELU: Self = Self { slope: 0.0, ceiling: f32::INFINITY };
    /// max(x, 0), at most 6.
    pub const RELU6: Self = Self { slope: 0.0, ceiling: 6.0 };
}

/// A convolution with BatchNorm folded into it. The side of its output is the
/// input's over the stride, rounded up, zeros around the input as TensorFlow's
/// "SAME" has them: the odd one below and to the right.
#[derive(Clone, Debug)]
pub struct Convolution {
    /// (O, I, k, k), or (O, 1, k, k) where each channel is convolved by itself.
    pub weight: Vec<f32>,
    /// (O)
    pub bias: Vec<f32>,
    /// I; of a depthwise convolution as many as O.
    pub input: usize,
    /// k
    pub kernel: usize,
    /// From one output's window to the next one's.
    pub stride: usize,
    /// What becomes of the outputs.
    pub activation: Activation,
}

impl Convolution {
    /// O
    pub fn output(&self) -> usize {
        self.bias.len()
    }

    /// Side of the output of a map of `side`, and the zeros before its first row and
    /// after its last; columns are as rows.
    pub fn padding(&self, side: usize) -> (usize, [usize; 2]) {
        let (output, before) = same_padding(side, self.kernel, self.stride);
        let covered = (output - 1) * self.stride + self.kernel;
        (output, [before, covered.saturating_sub(side + before)])
    }
}

/// One step. Steps work on the current map; a kept one waits to be added.
#[derive(Clone, Debug)]
pub enum Step {
    /// The current map convolved.
    Convolve {
        /// By what.
        convolution: Convolution,
        /// Whether the kept map is added before the activation.
        add_kept: bool,
    },
    /// Sandler et al. 2018, "MobileNetV2", section 3.3: pointwise to more channels,
    /// depthwise, pointwise to fewer.
    InvertedResidual {
        /// To more channels, where there are more.
        expand: Option<Convolution>,
        /// Each channel by itself.
        depthwise: Convolution,
        /// To fewer.
        project: Convolution,
        /// Whether the block's input is added to its output.
        residual: bool,
    },
    /// The current map is kept, or its convolution where there is one.
    Keep {
        /// Convolves what is kept.
        shortcut: Option<Convolution>,
    },
    /// The largest of each 2x2 window, an odd last row and column left out.
    MaxPool,
    /// Moments of each channel of the current map join the feature. Those of the
    /// last such step come first in it, the others follow in their order. A network
    /// without such a step gives its last map, (C, S, S), flattened.
    Pool(Moments),
}

/// What of a map's channels joins the feature, and how much it counts there: the
/// mean of each channel, then its standard deviation. A weight of 0 leaves it out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Weight of the means.
    pub mean: f32,
    /// Weight of the deviations; over all positions, as of a whole population.
    pub deviation: f32,
}

impl Moments {
    /// The means alone, as they are.
    pub const MEAN: Self = Self { mean: 1.0, deviation: 0.0 };

    /// How many values a channel gives.
    pub fn count(self) -> usize {
        usize::from(self.mean > 0.0) + usize::from(self.deviation > 0.0)
    }
}

/// Side of the output and zeros before the first row and column.
pub(crate) fn same_padding(side: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let output = side.div_ceil(stride);
    let total = ((output - 1) * stride + kernel).saturating_sub(side);
    (output, total / 2)
}
