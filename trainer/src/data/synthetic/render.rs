//! One picture of a species: pose, light and surroundings vary, then four
//! samples a pixel are averaged.

use anyhow::Result;
use fewshot::image::{Decoded, PixelFormat};
use fewshot::rng::{Rng, rng};
use rand::Rng as _;

use super::background::Background;
use super::colour::{Rgb, mix, scale};
use super::family::Surface;
use super::species::Species;

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
        let mut random = rng(seed, STREAM);
        let pose = Pose::draw(&mut random, species.family.turn());
        let light = Light::draw(&mut random);
        let background = Background::draw(&mut random, species.habitat);
        let sample = |x: f32, y: f32| -> Rgb {
            let [u, v] = pose.body(x, y);
            if let Some(surface) = species.family.surface(u, v) {
                return light.on(surface, u, v);
            }
            // A shadow, displaced away from the light, lifts the body off the ground.
            let [u, v] = pose.body(x + light.x * 0.07, y + light.y * 0.07);
            let shade = if species.family.surface(u, v).is_some() { 0.66 } else { 1.0 };
            scale(background.at(x, y), light.exposure * shade)
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

/// How the body lies in the picture.
struct Pose {
    sin: f32,
    cos: f32,
    scale: f32,
    shift: [f32; 2],
    lean: f32,
    narrow: f32,
}

impl Pose {
    fn draw(random: &mut Rng, turn: f32) -> Self {
        let (sin, cos) = random.random_range(-turn..turn).sin_cos();
        Self {
            sin,
            cos,
            scale: random.random_range(0.68..0.88),
            shift: [0; 2].map(|_| random.random_range(-0.12..0.12)),
            lean: random.random_range(-0.12..0.12),
            narrow: random.random_range(0.88..1.08),
        }
    }

    /// From the picture's plane to the body's.
    fn body(&self, x: f32, y: f32) -> [f32; 2] {
        let (dx, dy) = ((x - self.shift[0]) / self.scale, (y - self.shift[1]) / self.scale);
        let (u, v) = (dx * self.cos + dy * self.sin, dy * self.cos - dx * self.sin);
        [(u + self.lean * v) / self.narrow, v]
    }
}

/// Where the light comes from, and how bright and warm it is.
struct Light {
    x: f32,
    y: f32,
    exposure: f32,
    warmth: Rgb,
}

impl Light {
    fn draw(random: &mut Rng) -> Self {
        // From above, more or less.
        let (x, y) = random.random_range(-2.6..-0.5f32).sin_cos();
        let warm = random.random_range(-0.05..0.05);
        Self {
            x: y,
            y: x,
            exposure: random.random_range(0.85..1.12),
            warmth: [1.0 + warm, 1.0, 1.0 - warm],
        }
    }

    fn on(&self, surface: Surface, u: f32, v: f32) -> Rgb {
        let facing = u * self.x + v * self.y;
        let shade = 0.62 + 0.42 * surface.relief + 0.2 * facing;
        let glance = (surface.relief * 0.72 + facing * 0.5).max(0.0).powi(8);
        let lit = scale(surface.colour, shade * self.exposure);
        let shining = mix(lit, [1.0; 3], (surface.gloss * glance * 0.9).min(0.8));
        [0, 1, 2].map(|i| shining[i] * self.warmth[i])
    }
}
