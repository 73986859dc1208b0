//! Random variation of training pictures: crop, flip, shift, turn, colour.
//!
//! Works on the cached `u8` square and writes the normalised planes the encoder
//! reads, in one pass. What is drawn is a function of the generator given, so a
//! batch can be made again. Nothing of this runs in evaluation.

use anyhow::{Result, bail};
use fewshot::config::ImageConfig;
use fewshot::rng::Rng;
use rand::Rng as _;
use serde::{Deserialize, Serialize};

/// Which variations, and how strong. The default varies nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Augment {
    /// A random window of at least this share of the area, its sides 3:4 to 4:3,
    /// stretched to the model's size; 1 keeps the centre crop.
    pub min_area: f32,
    /// Shift by up to so many pixels each way, black beyond the edge.
    pub shift: usize,
    /// Mirrored left to right, every second picture.
    pub flip: bool,
    /// Brightness times 1 ± this.
    pub brightness: f32,
    /// Contrast about the picture's mean grey times 1 ± this.
    pub contrast: f32,
    /// Saturation times 1 ± this; only for RGB.
    pub saturation: f32,
}

impl Default for Augment {
    fn default() -> Self {
        Self {
            min_area: 1.0,
            shift: 0,
            flip: false,
            brightness: 0.0,
            contrast: 0.0,
            saturation: 0.0,
        }
    }
}

/// The part of the square that is kept, in its pixels; may reach beyond it.
#[derive(Clone, Copy, Debug)]
struct Window {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
}

impl Augment {
    /// Checks that no variation undoes another, and that a picture stays in sight.
    ///
    /// # Errors
    /// Names the value that cannot be used.
    pub fn check(&self, config: &ImageConfig) -> Result<()> {
        if self.shift > 0 && self.min_area < 1.0 {
            bail!(
                "augment.shift has no effect beside augment.min_area below 1, whose windows lie \
                 anywhere already; leave one of them out"
            );
        }
        if 2 * self.shift > config.size {
            bail!(
                "augment.shift is {}, more than half of the {} pixels that the model sees",
                self.shift,
                config.size
            );
        }
        Ok(())
    }

    /// Writes one varied picture as the encoder's input.
    ///
    /// # Shapes
    /// - `square`: `(side, side, C)`, `u8`
    /// - `out`: `(C, S, S)`, `f32`, normalised
    pub fn apply(
        &self,
        config: &ImageConfig,
        square: &[u8],
        side: usize,
        rng: &mut Rng,
        out: &mut [f32],
    ) {
        let window = self.window(config.size, side, rng);
        let flip = self.flip && rng.random::<bool>();
        sample(square, side, config, window, flip, out);
        self.colour(config, rng, out);
        let area = config.size * config.size;
        for ((plane, &mean), &std) in out.chunks_exact_mut(area).zip(&config.mean).zip(&config.std)
        {
            let (scale, offset) = (1.0 / (255.0 * std), -mean / std);
            plane.iter_mut().for_each(|value| *value = *value * scale + offset);
        }
    }

    fn window(&self, size: usize, side: usize, rng: &mut Rng) -> Window {
        if self.min_area < 1.0 {
            let whole = side as f32;
            let area = whole * whole * rng.random_range(self.min_area..1.0);
            let ratio = rng.random_range(-1.0f32..1.0) * (4.0f32 / 3.0).ln();
            let width = (area * ratio.exp()).sqrt().min(whole);
            let height = (area / ratio.exp()).sqrt().min(whole);
            let left = rng.random::<f32>() * (whole - width);
            let top = rng.random::<f32>() * (whole - height);
            return Window { left, top, width, height };
        }
        let shift = self.shift as i32;
        let mut place = || {
            let centre = ((side - size) / 2) as i32;
            (centre + rng.random_range(-shift..=shift)) as f32
        };
        let (left, top) = (place(), place());
        Window { left, top, width: size as f32, height: size as f32 }
    }

    /// Brightness, contrast and saturation on planes of values 0 to 255.
    fn colour(&self, config: &ImageConfig, rng: &mut Rng, out: &mut [f32]) {
        let mut factor = |strength: f32| 1.0 + strength * rng.random_range(-1.0f32..1.0);
        let (brightness, contrast, saturation) =
            (factor(self.brightness), factor(self.contrast), factor(self.saturation));
        if self.brightness == 0.0 && self.contrast == 0.0 && self.saturation == 0.0 {
            return;
        }
        let area = config.size * config.size;
        let grey_mean = out.iter().sum::<f32>() / out.len() as f32 * brightness;
        // Both at once: value · brightness · contrast + mean · (1 − contrast).
        let (scale, offset) = (brightness * contrast, grey_mean * (1.0 - contrast));
        for value in out.iter_mut() {
            *value = (*value * scale + offset).clamp(0.0, 255.0);
        }
        if config.channels == 3 && self.saturation > 0.0 {
            let (red, rest) = out.split_at_mut(area);
            let (green, blue) = rest.split_at_mut(area);
            for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
                let grey = 0.299 * *red + 0.587 * *green + 0.114 * *blue;
                for value in [red, green, blue] {
                    *value = (grey + (*value - grey) * saturation).clamp(0.0, 255.0);
                }
            }
        }
    }
}

/// Bilinear values of `window`, 0 to 255, into planes; black beyond the square.
fn sample(
    square: &[u8],
    side: usize,
    config: &ImageConfig,
    window: Window,
    flip: bool,
    out: &mut [f32],
) {
    let (size, channels) = (config.size, config.channels);
    let area = size * size;
    let whole = window.width == size as f32 && window.left.fract() == 0.0;
    let columns = neighbours(window.left, window.width, size, side, flip);
    let rows = neighbours(window.top, window.height, size, side, false);
    for (y, row) in rows.iter().enumerate() {
        for (x, column) in columns.iter().enumerate() {
            for channel in 0..channels {
                let at = |row: usize, column: usize| {
                    f32::from(square[(row * side + column) * channels + channel])
                };
                let inside = row.weight * column.weight;
                let value = if inside == 0.0 {
                    0.0
                } else if whole {
                    at(row.first, column.first)
                } else {
                    let blend = |a: f32, b: f32, share: f32| a + (b - a) * share;
                    let above = blend(
                        at(row.first, column.first),
                        at(row.first, column.second),
                        column.share,
                    );
                    let below = blend(
                        at(row.second, column.first),
                        at(row.second, column.second),
                        column.share,
                    );
                    blend(above, below, row.share)
                };
                out[channel * area + y * size + x] = value;
            }
        }
    }
}

/// Which two source pixels a target pixel lies between.
#[derive(Clone, Copy, Debug)]
struct Neighbours {
    first: usize,
    second: usize,
    /// How far from the first to the second, 0 to 1.
    share: f32,
    /// 1 within the square, 0 beyond its edge.
    weight: f32,
}

fn neighbours(start: f32, length: f32, size: usize, side: usize, reverse: bool) -> Vec<Neighbours> {
    let step = length / size as f32;
    let last = (side - 1) as f32;
    let place = |index: usize| {
        let index = if reverse { size - 1 - index } else { index };
        let centre = start + (index as f32 + 0.5) * step - 0.5;
        let beyond = centre < -0.5 || centre > last + 0.5;
        let place = centre.clamp(0.0, last);
        let first = place as usize;
        Neighbours {
            first,
            second: (first + 1).min(side - 1),
            share: place - first as f32,
            weight: if beyond { 0.0 } else { 1.0 },
        }
    };
    (0..size).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fewshot::rng::rng;

    fn config(size: usize) -> ImageConfig {
        ImageConfig {
            size,
            channels: 3,
            mean: vec![0.5; 3],
            std: vec![0.25; 3],
            resize: size,
            framing: fewshot::config::Framing::Crop,
            invert: false,
            mirror: false,
            shift: 0,
        }
    }

    fn picture(side: usize) -> Vec<u8> {
        (0..side * side * 3).map(|index| (index * 37 % 251) as u8).collect()
    }

    #[test]
    fn without_variation_it_is_plain_normalising() -> fewshot::Result<()> {
        let config = config(8);
        let square = picture(8);
        let mut out = vec![0.0; square.len()];
        Augment::default().apply(&config, &square, 8, &mut rng(0, 0), &mut out);
        let expected = fewshot::image::normalise(&config, &square).unwrap();
        for (value, expected) in out.iter().zip(&expected) {
            assert!((value - expected).abs() < 1e-5);
        }
        Ok(())
    }

    #[test]
    fn the_same_generator_gives_the_same_picture_and_values_stay_in_range() {
        let config = config(8);
        let square = picture(12);
        let augment = Augment {
            min_area: 0.3,
            shift: 0,
            flip: true,
            brightness: 0.4,
            contrast: 0.4,
            saturation: 0.4,
        };
        let make = |seed| {
            let mut out = vec![0.0; 8 * 8 * 3];
            augment.apply(&config, &square, 12, &mut rng(seed, 0), &mut out);
            out
        };
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
        for seed in 0..50 {
            assert!(make(seed).iter().all(|value| (-2.01..=2.01).contains(value)));
        }
    }

    #[test]
    fn variations_that_undo_each_other_are_refused() {
        let both = Augment { min_area: 0.5, shift: 2, ..Augment::default() };
        assert!(both.check(&config(8)).unwrap_err().to_string().contains("leave one"));
        let far = Augment { shift: 5, ..Augment::default() };
        assert!(far.check(&config(8)).unwrap_err().to_string().contains("more than half"));
        assert!(Augment { shift: 4, ..Augment::default() }.check(&config(8)).is_ok());
    }

    #[test]
    fn a_shift_moves_whole_pixels_and_a_flip_mirrors() {
        let config = ImageConfig { mean: vec![0.0; 3], std: vec![1.0; 3], ..config(4) };
        let square: Vec<u8> = (0..16).flat_map(|pixel| [pixel as u8 + 1; 3]).collect();
        let mut out = vec![0.0; 48];
        let window = Window { left: 1.0, top: 0.0, width: 4.0, height: 4.0 };
        sample(&square, 4, &config, window, false, &mut out);
        assert_eq!(out[..4], [2.0, 3.0, 4.0, 0.0]);
        let window = Window { left: 0.0, ..window };
        sample(&square, 4, &config, window, true, &mut out);
        assert_eq!(out[..4], [4.0, 3.0, 2.0, 1.0]);
    }
}
