//! The depthwise convolution: each channel by itself, on rows with zeros around them.
//!
//! Four outputs of a row are computed together: they share the filter's weights and
//! most of their inputs, and all of it fits into sixteen registers.

use super::{
    super::simd::{Simd, Task},
    step::{Activation, Convolution},
};

/// Outputs computed together.
const TOGETHER: usize = 4;

/// Filters ready for use.
#[derive(Debug)]
pub(super) struct Depthwise {
    pub kernel: usize,
    pub stride: usize,
    /// Values of a pixel, a multiple of the vector.
    pub width: usize,
    /// (k, k, width)
    weight: Vec<f32>,
    /// (width)
    bias: Vec<f32>,
    activation: Activation,
}

impl Depthwise {
    pub fn new(lanes: usize, convolution: &Convolution) -> Self {
        let Convolution { weight, bias, input, kernel, stride, activation } = convolution;
        let (width, area) = (input.next_multiple_of(lanes), kernel * kernel);
        debug_assert!(weight.len() == input * area && bias.len() == *input);
        let mut packed = vec![0.0; area * width];
        for (channel, filter) in weight.chunks_exact(area).enumerate() {
            for (position, value) in filter.iter().enumerate() {
                packed[position * width + channel] = *value;
            }
        }
        let mut bias = bias.clone();
        bias.resize(width, 0.0);
        Self {
            kernel: *kernel,
            stride: *stride,
            width,
            weight: packed,
            bias,
            activation: *activation,
        }
    }
}

/// Convolves some rows.
pub(super) struct Filter<'a> {
    pub depthwise: &'a Depthwise,
    /// Rows from the first window's on, zeros around them included, `pitch` values apart.
    pub input: &'a [f32],
    pub pitch: usize,
    /// (rows, columns, width)
    pub output: &'a mut [f32],
    pub columns: usize,
}

impl Task for Filter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match (self.depthwise.kernel, self.depthwise.stride) {
            (3, 1) => self.rows::<S, 3, 1>(simd),
            (3, 2) => self.rows::<S, 3, 2>(simd),
            (5, 1) => self.rows::<S, 5, 1>(simd),
            (5, 2) => self.rows::<S, 5, 2>(simd),
            (kernel, stride) => unreachable!("no depthwise {kernel} x {kernel} / {stride}"),
        }
    }
}

impl Filter<'_> {
    #[inline(always)]
    fn rows<S: Simd, const K: usize, const STRIDE: usize>(self, simd: S) {
        let Self { depthwise, input, pitch, output, columns } = self;
        let Depthwise { width, weight, bias, activation, .. } = depthwise;
        let width = *width;
        let rows = output.len() / (columns * width);
        assert!(weight.len() == K * K * width && bias.len() == width);
        assert!(width.is_multiple_of(S::LANES) && output.len() == rows * columns * width);
        assert!(pitch >= ((columns - 1) * STRIDE + K) * width && rows > 0);
        assert!(((rows - 1) * STRIDE + K) * pitch <= input.len());
        for row in 0..rows {
            let mut channel = 0;
            while channel < width {
                // SAFETY: every window lies inside the rows of the input, every output inside
                // the output, and channels are below the width; asserted above.
                unsafe {
                    let window = Window {
                        input: input.as_ptr().add(row * STRIDE * pitch + channel),
                        pitch,
                        width,
                        weight: weight.as_ptr().add(channel),
                        bias: simd.load(bias.as_ptr().add(channel)),
                        activation: *activation,
                    };
                    let output = output.as_mut_ptr().add(row * columns * width + channel);
                    if columns < TOGETHER {
                        for column in 0..columns {
                            window.outputs::<S, K, STRIDE, 1>(simd, column, output);
                        }
                    } else {
                        let mut column = 0;
                        while column < columns {
                            // The last group overlaps the one before rather than be smaller.
                            let from = column.min(columns - TOGETHER);
                            window.outputs::<S, K, STRIDE, TOGETHER>(simd, from, output);
                            column += TOGETHER;
                        }
                    }
                }
                channel += S::LANES;
            }
        }
    }
}

/// `LANES` channels of the windows of one row of outputs.
struct Window<V> {
    input: *const f32,
    pitch: usize,
    width: usize,
    weight: *const f32,
    bias: V,
    activation: Activation,
}

impl<V: Copy> Window<V> {
    /// Computes `COUNT` outputs from column `from` on.
    ///
    /// # Safety
    /// The pointers must reach the windows of these outputs, the filter, and the outputs.
    #[inline(always)]
    unsafe fn outputs<
        S: Simd<Vector = V>,
        const K: usize,
        const STRIDE: usize,
        const COUNT: usize,
    >(
        &self,
        simd: S,
        from: usize,
        output: *mut f32,
    ) {
        let mut sums = [self.bias; COUNT];
        // SAFETY: the caller's promise.
        unsafe {
            let corner = self.input.add(from * STRIDE * self.width);
            for dy in 0..K {
                let row = corner.add(dy * self.pitch);
                let weight = self.weight.add(dy * K * self.width);
                let mut filter = [self.bias; K];
                for (dx, filter) in filter.iter_mut().enumerate() {
                    *filter = simd.load(weight.add(dx * self.width));
                }
                for x in 0..(COUNT - 1) * STRIDE + K {
                    let value = simd.load(row.add(x * self.width));
                    for (index, sum) in sums.iter_mut().enumerate() {
                        let dx = x.wrapping_sub(index * STRIDE);
                        if dx < K {
                            *sum = simd.mul_add(value, filter[dx], *sum);
                        }
                    }
                }
            }
            for (index, sum) in sums.into_iter().enumerate() {
                let value = self.activation.apply(simd, sum);
                simd.store(value, output.add((from + index) * self.width));
            }
        }
    }
}
