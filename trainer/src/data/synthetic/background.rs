//! What lies behind: soft, out of focus, and different from picture to picture.

use fewshot::rng::Rng;
use rand::Rng as _;

use super::colour::{Rgb, hsv, mix, scale};
use super::noise::noise;

/// The surroundings of one picture.
pub struct Background {
    far: Rgb,
    near: Rgb,
    grain: f32,
    seed: u32,
    slope: f32,
}

impl Background {
    /// Surroundings of about one hue, which is the species' habitat.
    pub fn draw(random: &mut Rng, habitat: f32) -> Self {
        let hue = habitat + random.random_range(-0.06..0.06f32);
        let value = random.random_range(0.45..0.9);
        let saturation = random.random_range(0.08..0.3);
        Self {
            far: hsv(hue, saturation, value),
            near: hsv(hue + random.random_range(-0.09..0.09), saturation + 0.1, value * 0.62),
            grain: random.random_range(1.1..2.6),
            seed: random.random(),
            slope: random.random_range(-0.5..0.5),
        }
    }

    /// The colour at a point of the picture, −1 to 1 both ways.
    pub fn at(&self, x: f32, y: f32) -> Rgb {
        let blur = noise(x * self.grain + 7.0, y * self.grain + 3.0, self.seed);
        let fine = noise(x * 9.0, y * 9.0, self.seed ^ 1);
        let share = blur * 0.75 + 0.22 * (y + self.slope * x) + 0.12;
        scale(mix(self.far, self.near, share), 0.96 + 0.08 * fine)
    }
}
