//! One picture of a species: pose, light and background vary, then four
//! samples a pixel are averaged.

use anyhow::Result;
use fewshot::image::PixelFormat;
use fewshot::rng::rng;
use rand::Rng as _;

use super::species::{Species, Texture};
use crate::data::Decoded;

/// Stream of what varies from picture to picture.
const STREAM: u64 = 0x1257_a4ce;

/// Which picture of which species.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Number of the species.
    pub species: u32,
    /// Number of the picture.
    pub instance: u32,
}

impl Instance {
    /// Draws the picture, `side` pixels square, RGB.
    ///
    /// # Errors
    /// Where the side is zero or too large for a picture.
    pub fn render(self, side: usize) -> Result<Decoded> {
        let species = Species::new(self.species);
        let seed = u64::from(self.species) << 32 | u64::from(self.instance);
        let mut rng = rng(seed, STREAM);
        let (sin, cos) = rng.random_range(-0.5f32..0.5).sin_cos();
        let scale = rng.random_range(0.48f32..0.68);
        let [shift_x, shift_y] = [0; 2].map(|_| rng.random_range(-0.18f32..0.18));
        let (light_y, light_x) = rng.random_range(0.0f32..std::f32::consts::TAU).sin_cos();
        let exposure = rng.random_range(0.8f32..1.15);
        let phase = rng.random_range(0.0f32..std::f32::consts::TAU);
        let slope = rng.random_range(-0.25f32..0.25);
        let sample = |x: f32, y: f32| -> [f32; 3] {
            let (dx, dy) = ((x - shift_x) / scale, (y - shift_y) / scale);
            let u = (dx * cos + dy * sin) / species.stretch;
            let v = -dx * sin + dy * cos;
            let distance = (u * u + v * v).sqrt();
            let inside = distance / species.radius(v.atan2(u));
            if inside > 1.0 {
                let shade = 1.0 + slope * y + 0.06 * (5.0 * x + phase).sin();
                // A soft shadow lifts the body off the background.
                let shadow = 1.0 - 0.35 * (1.25 - inside).clamp(0.0, 0.25) * 4.0;
                return species.palette[2].map(|value| value * shade * shadow * exposure);
            }
            let marked = marking(species.texture, species.frequency, u, v);
            let dome = (1.0 - inside * inside).max(0.0).sqrt();
            let shade = 0.55 + 0.35 * dome + 0.25 * (dx * light_x + dy * light_y);
            species.palette[usize::from(marked)].map(|value| value * shade * exposure)
        };
        let mut data = Vec::with_capacity(side * side * 3);
        for row in 0..side {
            for column in 0..side {
                let at = |pixel: usize, part: f32| (pixel as f32 + part) / side as f32 * 2.0 - 1.0;
                let mut sum = [0f32; 3];
                for (px, py) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                    let colour = sample(at(column, px), at(row, py));
                    for (sum, value) in sum.iter_mut().zip(colour) {
                        *sum += value.clamp(0.0, 1.0);
                    }
                }
                data.extend(sum.map(|value| (value * 63.75 + 0.5) as u8));
            }
        }
        Ok(Decoded::new(side, side, PixelFormat::Rgb8, data)?)
    }
}

/// Whether a point of the body bears the marking's colour.
fn marking(texture: Texture, frequency: f32, u: f32, v: f32) -> bool {
    let wave = |value: f32| (value * frequency * 3.0).sin();
    match texture {
        Texture::Plain => false,
        Texture::Stripes => wave(v) > 0.2,
        Texture::Rings => wave((u * u + v * v).sqrt()) > 0.2,
        Texture::Dots => wave(u) * wave(v) > 0.35,
        Texture::Rays => (v.atan2(u) * (frequency * 2.0).round()).sin() > 0.3,
    }
}
