//! Max-pooling before BatchNorm, while the convolution's outputs are still at hand.
//!
//! BatchNorm and ReLU keep the order of a channel's values, or turn it around where gamma is
//! negative. So the output behind each pooled value is known before the statistics are, and the
//! outputs need not be read again for it. Backward, the first of a window that equals it takes
//! the gradient, as PyTorch breaks ties.

use super::simd::{Simd, Task};

/// 1, -1 or 0, as gamma is above, below or equal to zero; of `channels`, those beyond gamma's 0.
pub(super) fn signs(gamma: &[f32], channels: usize) -> Vec<f32> {
    let sign = |channel: usize| match gamma.get(channel) {
        Some(gamma) if *gamma > 0.0 => 1.0,
        Some(gamma) if *gamma < 0.0 => -1.0,
        _ => 0.0,
    };
    (0..channels).map(sign).collect()
}

/// The value of a window that is the largest after BatchNorm, the first of equal ones.
#[inline(always)]
pub(super) fn select<S: Simd>(simd: S, sign: S::Vector, window: [S::Vector; 4]) -> S::Vector {
    let [first, rest @ ..] = window;
    let (mut best, mut largest) = (first, simd.mul(sign, first));
    for value in rest {
        let larger = simd.max(largest, simd.mul(sign, value));
        // The earlier one stays where both are equal.
        let kept = simd.where_equal(largest, larger, best);
        let lost = simd.where_equal(largest, larger, value);
        best = simd.add(kept, simd.sub(value, lost));
        largest = larger;
    }
    best
}

/// Selects of each 2x2 window of two rows of outputs, a last odd column left out.
pub(super) struct SelectRows<'a> {
    /// Two dense rows, (2, S, C).
    pub rows: &'a [f32],
    /// (C)
    pub signs: &'a [f32],
    /// (S / 2, C)
    pub selected: &'a mut [f32],
}

impl Task for SelectRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { rows, signs, selected } = self;
        let channels = signs.len();
        let row_len = rows.len() / 2;
        assert!(channels % S::LANES == 0 && row_len / channels / 2 * channels == selected.len());
        let (upper, lower) = rows.split_at(row_len);
        let windows = upper.chunks_exact(2 * channels).zip(lower.chunks_exact(2 * channels));
        for ((upper, lower), selected) in windows.zip(selected.chunks_exact_mut(channels)) {
            let mut channel = 0;
            while channel < channels {
                // SAFETY: vectors divide the channels; each part of a row has two pixels.
                unsafe {
                    let at = |row: &[f32], pixel| {
                        simd.load(row.as_ptr().add(pixel * channels + channel))
                    };
                    let window = [at(upper, 0), at(upper, 1), at(lower, 0), at(lower, 1)];
                    let sign = simd.load(signs.as_ptr().add(channel));
                    let best = select(simd, sign, window);
                    simd.store(best, selected.as_mut_ptr().add(channel));
                }
                channel += S::LANES;
            }
        }
    }
}
