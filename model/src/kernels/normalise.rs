//! BatchNorm and ReLU in training: forward on what pooling has selected ([`super::select`]),
//! backward in two passes (Ioffe and Szegedy 2015, section 3).

use super::{
    convolve::add_to,
    map::Geometry,
    simd::{Simd, Task},
};
use crate::backbone::conv4::EPSILON;

/// What a batch's statistics make of BatchNorm: `scale · y + shift`, each (C).
#[derive(Debug, Default)]
pub(super) struct Affine {
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
    pub mean: Vec<f32>,
    pub inverse_std: Vec<f32>,
    /// Biased: divided by the count.
    pub variance: Vec<f32>,
}

impl Affine {
    /// From the sums and sums of squares, (2, C), of `count` values a channel less `shift`.
    pub fn new(moments: &[f64], shift: &[f32], count: f64, gamma: &[f32], beta: &[f32]) -> Self {
        let channels = moments.len() / 2;
        let mut affine = Self::default();
        for (channel, shift) in shift.iter().enumerate() {
            let offset = moments[channel] / count;
            let variance = (moments[channels + channel] / count - offset * offset).max(0.0);
            let mean = f64::from(*shift) + offset;
            let inverse_std = 1.0 / (variance + EPSILON).sqrt();
            // Channels that only fill up the vector have neither gamma nor beta.
            let at = |values: &[f32]| f64::from(values.get(channel).copied().unwrap_or(0.0));
            let scale = at(gamma) * inverse_std;
            affine.scale.push(scale as f32);
            affine.shift.push((at(beta) - mean * scale) as f32);
            affine.mean.push(mean as f32);
            affine.inverse_std.push(inverse_std as f32);
            affine.variance.push(variance as f32);
        }
        affine
    }
}

/// Adds sums and sums of squares of dense pixels to (2, C).
pub(super) struct Moments<'a> {
    pub pixels: &'a [f32],
    pub moments: &'a mut [f32],
}

impl Task for Moments<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let channels = self.moments.len() / 2;
        let mut channel = 0;
        while channel < channels {
            let (mut sum, mut squares) = (simd.splat(0.0), simd.splat(0.0));
            for pixel in self.pixels.chunks_exact(channels) {
                // SAFETY: `channel + LANES <= channels`, as vectors divide the channels.
                let value = unsafe { simd.load(pixel.as_ptr().add(channel)) };
                sum = simd.add(sum, value);
                squares = simd.mul_add(value, value, squares);
            }
            add_to(simd, &mut self.moments[channel..], sum);
            add_to(simd, &mut self.moments[channels + channel..], squares);
            channel += S::LANES;
        }
    }
}

/// Mean square over variance from which on the difference of mean square and squared mean
/// leaves too few digits of f32, so that a second pass is worth it.
const CANCELS: f64 = 64.0;

/// Whether the variance of a channel, from sums and sums of squares, (2, C), of `count` values,
/// has lost digits.
pub(super) fn cancels(moments: &[f64], count: f64) -> bool {
    let (sums, squares) = moments.split_at(moments.len() / 2);
    sums.iter().zip(squares).any(|(sum, squares)| {
        let (mean, mean_square) = (sum / count, squares / count);
        mean_square > 0.0 && mean_square >= CANCELS * (mean_square - mean * mean)
    })
}

/// Adds sums and sums of squares of dense pixels, less `shift`, to (2, C).
pub(super) struct ShiftedMoments<'a> {
    pub pixels: &'a [f32],
    /// (C)
    pub shift: &'a [f32],
    pub moments: &'a mut [f32],
}

impl Task for ShiftedMoments<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let channels = self.shift.len();
        assert_eq!(self.moments.len(), 2 * channels);
        let mut channel = 0;
        while channel < channels {
            // SAFETY: `channel + LANES <= channels`, as vectors divide the channels.
            let shift = unsafe { simd.load(self.shift.as_ptr().add(channel)) };
            let (mut sum, mut squares) = (simd.splat(0.0), simd.splat(0.0));
            for pixel in self.pixels.chunks_exact(channels) {
                // SAFETY: as above, a pixel has all channels.
                let value = simd.sub(unsafe { simd.load(pixel.as_ptr().add(channel)) }, shift);
                sum = simd.add(sum, value);
                squares = simd.mul_add(value, value, squares);
            }
            add_to(simd, &mut self.moments[channel..], sum);
            add_to(simd, &mut self.moments[channels + channel..], squares);
            channel += S::LANES;
        }
    }
}

/// Normalises and rectifies what pooling selected of one image.
pub(super) struct Rectify<'a> {
    /// Dense.
    pub selected: &'a [f32],
    pub affine: &'a Affine,
    pub pooled: &'a mut [f32],
    pub pooled_geometry: Geometry,
}

impl Task for Rectify<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { selected, affine, pooled, pooled_geometry } = self;
        let Geometry { side, channels, .. } = pooled_geometry;
        assert!(selected.len() == side * side * channels && channels % S::LANES == 0);
        assert!(affine.scale.len() == channels && affine.shift.len() == channels);
        let zero = simd.splat(0.0);
        for (row, selected) in selected.chunks_exact(side * channels).enumerate() {
            let pooled = &mut pooled[pooled_geometry.at(row, 0)..][..side * channels];
            let pixels = pooled.chunks_exact_mut(channels).zip(selected.chunks_exact(channels));
            for (pooled, selected) in pixels {
                let mut channel = 0;
                while channel < channels {
                    // SAFETY: vectors divide the channels, which all four have; asserted.
                    unsafe {
                        let scale = simd.load(affine.scale.as_ptr().add(channel));
                        let shift = simd.load(affine.shift.as_ptr().add(channel));
                        let value = simd.load(selected.as_ptr().add(channel));
                        let value = simd.max(simd.mul_add(scale, value, shift), zero);
                        simd.store(value, pooled.as_mut_ptr().add(channel));
                    }
                    channel += S::LANES;
                }
            }
        }
    }
}

/// Zeroes the gradient where ReLU was off, and adds Σ g and Σ g · x̂ to (2, C):
/// the gradients of beta and gamma.
pub(super) struct Mask<'a> {
    pub gradient: &'a mut [f32],
    pub selected: &'a [f32],
    pub affine: &'a Affine,
    pub sums: &'a mut [f32],
}

impl Task for Mask<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { gradient, selected, affine, sums } = self;
        let channels = sums.len() / 2;
        assert!(gradient.len() == selected.len() && affine.scale.len() == channels);
        let mut channel = 0;
        while channel < channels {
            let mask = Masking::load(simd, affine, channel);
            let (mut sum, mut product) = (simd.splat(0.0), simd.splat(0.0));
            let pixels = gradient.chunks_exact_mut(channels).zip(selected.chunks_exact(channels));
            for (gradient, selected) in pixels {
                // SAFETY: vectors divide the channels, which both have.
                unsafe {
                    let at = gradient.as_mut_ptr().add(channel);
                    let y = simd.load(selected.as_ptr().add(channel));
                    let value = mask.apply(simd, y, simd.load(at));
                    simd.store(value, at);
                    sum = simd.add(sum, value);
                    product = simd.mul_add(value, mask.normalised(simd, y), product);
                }
            }
            add_to(simd, &mut sums[channel..], sum);
            add_to(simd, &mut sums[channels + channel..], product);
            channel += S::LANES;
        }
    }
}

/// What masking knows of `LANES` channels.
pub(super) struct Masking<V> {
    scale: V,
    shift: V,
    mean: V,
    inverse_std: V,
}

impl<V: Copy> Masking<V> {
    /// Of those from `channel` on.
    #[inline(always)]
    pub fn load<S: Simd<Vector = V>>(simd: S, affine: &Affine, channel: usize) -> Self {
        let of = |values: &[f32]| {
            let values = &values[channel..channel + S::LANES];
            // SAFETY: the slice holds `LANES` values.
            unsafe { simd.load(values.as_ptr()) }
        };
        Self {
            scale: of(&affine.scale),
            shift: of(&affine.shift),
            mean: of(&affine.mean),
            inverse_std: of(&affine.inverse_std),
        }
    }

    /// The gradient, zero where ReLU was off for the convolution's output `y`.
    #[inline(always)]
    pub fn apply<S: Simd<Vector = V>>(&self, simd: S, y: V, gradient: V) -> V {
        let zero = simd.splat(0.0);
        let active = simd.max(simd.mul_add(self.scale, y, self.shift), zero);
        simd.sub(gradient, simd.where_equal(active, zero, gradient))
    }

    /// x̂, the output less its mean over its deviation.
    #[inline(always)]
    pub fn normalised<S: Simd<Vector = V>>(&self, simd: S, y: V) -> V {
        simd.mul(simd.sub(y, self.mean), self.inverse_std)
    }
}

/// The gradient of BatchNorm's input: `scale · g` where a pixel was selected,
/// plus `slope · y + constant` everywhere; each (C).
#[derive(Debug)]
pub(super) struct Backward {
    scale: Vec<f32>,
    slope: Vec<f32>,
    constant: Vec<f32>,
}

impl Backward {
    /// From [`Mask`]'s sums, (2, C), over `count` values a channel.
    pub fn new(affine: &Affine, sums: &[f64], count: f64) -> Self {
        let channels = sums.len() / 2;
        let (mut slope, mut constant) = (Vec::new(), Vec::new());
        for channel in 0..channels {
            let scale = f64::from(affine.scale[channel]);
            let inverse_std = f64::from(affine.inverse_std[channel]);
            let along = -scale * inverse_std * sums[channels + channel] / count;
            slope.push(along as f32);
            let mean = f64::from(affine.mean[channel]);
            constant.push((-scale * sums[channel] / count - mean * along) as f32);
        }
        Self { scale: affine.scale.clone(), slope, constant }
    }
}

/// Turns the convolution's outputs of up to two rows into their gradients, in place.
pub(super) struct Unpool<'a> {
    /// Two rows, or the last one of an odd side, `row_len` apart.
    pub rows: &'a mut [f32],
    pub row_len: usize,
    pub row_count: usize,
    pub side: usize,
    /// One row of the pooled gradient, masked, and of what was selected; empty
    /// for the last row of an odd side, which is not pooled.
    pub gradient: &'a [f32],
    pub selected: &'a [f32],
    pub backward: &'a Backward,
}

impl Task for Unpool<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { rows, row_len, row_count, side, gradient, selected, backward } = self;
        let channels = backward.scale.len();
        let pooled = if row_count == 2 { side / 2 } else { 0 };
        assert!((row_count - 1) * row_len + side * channels <= rows.len());
        assert!(gradient.len() >= pooled * channels && selected.len() >= pooled * channels);
        assert!(backward.slope.len() == channels && backward.constant.len() == channels);
        let mut channel = 0;
        while channel < channels {
            // SAFETY: rows, columns and channels are within the lengths asserted above.
            unsafe {
                let scale = simd.load(backward.scale.as_ptr().add(channel));
                let slope = simd.load(backward.slope.as_ptr().add(channel));
                let constant = simd.load(backward.constant.as_ptr().add(channel));
                for column in 0..pooled {
                    let at = column * channels + channel;
                    let mut left = simd.mul(scale, simd.load(gradient.as_ptr().add(at)));
                    let selected = simd.load(selected.as_ptr().add(at));
                    let corner = rows.as_mut_ptr().add(2 * column * channels + channel);
                    for offset in [0, channels, row_len, row_len + channels] {
                        let value = simd.load(corner.add(offset));
                        let taken = simd.where_equal(value, selected, left);
                        left = simd.sub(left, taken);
                        let spread = simd.mul_add(slope, value, constant);
                        simd.store(simd.add(spread, taken), corner.add(offset));
                    }
                }
                for row in 0..row_count {
                    for column in 2 * pooled..side {
                        let at = row * row_len + column * channels + channel;
                        let value = simd.load(rows.as_ptr().add(at));
                        let spread = simd.mul_add(slope, value, constant);
                        simd.store(spread, rows.as_mut_ptr().add(at));
                    }
                }
            }
            channel += S::LANES;
        }
    }
}
