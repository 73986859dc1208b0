//! Maximum and mean of pixels.

use super::{
    super::simd::{Simd, Task},
    Shape,
};

/// The largest of each 2x2 window, an odd last row and column left out.
pub(super) struct MaxPool<'a> {
    pub shape: Shape,
    pub input: &'a [f32],
    pub output: &'a mut [f32],
}

impl Task for MaxPool<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { shape: Shape { side, width, .. }, input, output } = self;
        let half = side / 2;
        assert!(width.is_multiple_of(S::LANES) && input.len() >= side * side * width);
        assert!(output.len() >= half * half * width);
        for (index, pixel) in output.chunks_exact_mut(width).take(half * half).enumerate() {
            let corner = (index / half * 2 * side + index % half * 2) * width;
            let mut channel = 0;
            while channel < width {
                // SAFETY: windows lie inside the map, and channels are below the width.
                unsafe {
                    let upper = input.as_ptr().add(corner + channel);
                    let lower = upper.add(side * width);
                    let above = simd.max(simd.load(upper), simd.load(upper.add(width)));
                    let below = simd.max(simd.load(lower), simd.load(lower.add(width)));
                    simd.store(simd.max(above, below), pixel.as_mut_ptr().add(channel));
                }
                channel += S::LANES;
            }
        }
    }
}

/// The mean of each channel, (width).
pub(super) struct Mean<'a> {
    pub shape: Shape,
    pub input: &'a [f32],
}

impl Task for Mean<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Vec<f32> {
        let Self { shape: Shape { side, width, .. }, input } = self;
        assert!(width.is_multiple_of(S::LANES) && input.len() >= side * side * width);
        let mut means = vec![0.0; width];
        for pixel in input.chunks_exact(width).take(side * side) {
            let mut channel = 0;
            while channel < width {
                // SAFETY: channels are below the width, which pixel and means have.
                unsafe {
                    let sum = means.as_mut_ptr().add(channel);
                    let value = simd.load(pixel.as_ptr().add(channel));
                    simd.store(simd.add(simd.load(sum), value), sum);
                }
                channel += S::LANES;
            }
        }
        means.iter_mut().for_each(|sum| *sum /= (side * side) as f32);
        means
    }
}
