//! Pixels of any format as planes of grey, or of red, green and blue.
//!
//! All integer arithmetic, with Pillow's constants: luma is Rec. 601 in 16-bit
//! fixed point (`convert("L")`), alpha is blended over white with an exactly
//! rounded division by 255 (`paste` with a mask).

use super::{PixelFormat, Pixels};
use std::ops::Range;

/// One row of a picture, a plane a channel, as the `i32` that resizing sums.
pub(super) struct PlanarRow {
    channels: usize,
    width: usize,
    values: Vec<i32>,
}

impl PlanarRow {
    /// A row of zeros for `width` pixels; `channels` is 1 or 3.
    pub(super) fn new(width: usize, channels: usize) -> Self {
        Self { channels, width, values: vec![0; width * channels] }
    }

    /// Reads columns `columns` of row `y`; the others keep what they held.
    pub(super) fn load(&mut self, pixels: &Pixels<'_>, y: usize, columns: Range<usize>) {
        let bytes = pixels.format().bytes();
        let source = &pixels.row(y)[columns.start * bytes..columns.end * bytes];
        match pixels.format() {
            PixelFormat::L8 => {
                for plane in self.values.chunks_exact_mut(self.width) {
                    for (target, &grey) in plane[columns.clone()].iter_mut().zip(source) {
                        *target = i32::from(grey);
                    }
                }
            }
            PixelFormat::Rgb8 => {
                let (pixels, _) = source.as_chunks::<3>();
                self.store(columns, pixels.iter().map(|&pixel| pixel.map(i32::from)));
            }
            PixelFormat::Rgba8 => {
                let (pixels, _) = source.as_chunks::<4>();
                self.store(columns, pixels.iter().map(|&pixel| over_white(pixel)));
            }
        }
    }

    fn store(&mut self, columns: Range<usize>, source: impl Iterator<Item = [i32; 3]>) {
        if self.channels == 1 {
            for (target, rgb) in self.values[columns].iter_mut().zip(source) {
                *target = luma(rgb);
            }
            return;
        }
        let (red, rest) = self.values.split_at_mut(self.width);
        let (green, blue) = rest.split_at_mut(self.width);
        let targets = red[columns.clone()]
            .iter_mut()
            .zip(&mut green[columns.clone()])
            .zip(&mut blue[columns]);
        for (((red, green), blue), rgb) in targets.zip(source) {
            [*red, *green, *blue] = rgb;
        }
    }

    /// The planes, `width` values each.
    pub(super) fn planes(&self) -> impl Iterator<Item = &[i32]> {
        self.values.chunks_exact(self.width)
    }
}

/// Rec. 601 luma of values 0 to 255.
fn luma([red, green, blue]: [i32; 3]) -> i32 {
    (red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16
}

/// A pixel with straight alpha, laid over white.
fn over_white([red, green, blue, alpha]: [u8; 4]) -> [i32; 3] {
    let alpha = i32::from(alpha);
    [red, green, blue].map(|value| {
        let sum = i32::from(value) * alpha + 255 * (255 - alpha) + 128;
        (sum + (sum >> 8)) >> 8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_blended_over_white_with_exact_rounding() {
        for value in 0..=255u8 {
            for alpha in 0..=255u8 {
                let [blended, ..] = over_white([value, 0, 0, alpha]);
                let exact = (f64::from(value) * f64::from(alpha)
                    + 255.0 * (255.0 - f64::from(alpha)))
                    / 255.0;
                assert_eq!(f64::from(blended), exact.round(), "{value} at {alpha}");
            }
        }
    }

    #[test]
    fn luma_keeps_greys_and_weighs_the_primaries() {
        for grey in 0..=255 {
            assert_eq!(luma([grey; 3]), grey);
        }
        assert_eq!(luma([255, 0, 0]), 76);
        assert_eq!(luma([0, 255, 0]), 150);
        assert_eq!(luma([0, 0, 255]), 29);
    }
}
