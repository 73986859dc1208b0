//! Maximum, mean and deviation of pixels.

use super::{
    super::simd::{Level, Simd, Task},
    Moments, Shape,
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

/// Means of each channel and, where they count, standard deviations about them,
/// as the weights of [`Moments`] say; (C) or (2 C).
pub(super) fn moments(level: Level, moments: Moments, shape: Shape, input: &[f32]) -> Vec<f32> {
    let means = level.run(MeanSquare { shape, input, about: None });
    let mut joined = Vec::with_capacity(2 * shape.channels);
    if moments.mean > 0.0 {
        joined.extend(means[..shape.channels].iter().map(|value| value * moments.mean));
    }
    if moments.deviation > 0.0 {
        // In a second pass: a difference of large squares would cancel.
        let squares = level.run(MeanSquare { shape, input, about: Some(&means) });
        let deviations = squares[..shape.channels].iter().map(|square| square.sqrt());
        joined.extend(deviations.map(|value| value * moments.deviation));
    }
    joined
}

/// The mean of each channel or, about given values, of the squared difference; (width).
struct MeanSquare<'a> {
    shape: Shape,
    input: &'a [f32],
    about: Option<&'a [f32]>,
}

impl Task for MeanSquare<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Vec<f32> {
        let Self { shape: Shape { side, width, .. }, input, about } = self;
        assert!(width.is_multiple_of(S::LANES) && input.len() >= side * side * width);
        assert!(about.is_none_or(|about| about.len() == width));
        let mut sums = vec![0.0; width];
        for pixel in input.chunks_exact(width).take(side * side) {
            let mut channel = 0;
            while channel < width {
                // SAFETY: channels are below the width, which pixel, sums and centres have.
                unsafe {
                    let sum = sums.as_mut_ptr().add(channel);
                    let value = simd.load(pixel.as_ptr().add(channel));
                    let added = match about {
                        None => simd.add(simd.load(sum), value),
                        Some(about) => {
                            let off = simd.sub(value, simd.load(about.as_ptr().add(channel)));
                            simd.mul_add(off, off, simd.load(sum))
                        }
                    };
                    simd.store(added, sum);
                }
                channel += S::LANES;
            }
        }
        sums.iter_mut().for_each(|sum| *sum /= (side * side) as f32);
        sums
    }
}
