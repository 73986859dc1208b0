//! Bodies of any outline: Gielis' superformula (2003), domed and marked.

use fewshot::rng::Rng;
use rand::Rng as _;

use super::Surface;
use crate::data::synthetic::colour::{Rgb, hsv, mix, scale};
use crate::data::synthetic::noise::noise;
use crate::data::synthetic::pattern::Pattern;

/// The parameters of a stone.
#[derive(Clone, Debug)]
pub struct Stone {
    symmetry: f32,
    exponents: [f32; 3],
    stretch: f32,
    body: Rgb,
    marking: Rgb,
    pattern: Pattern,
    gloss: f32,
    seed: u32,
}

impl Stone {
    /// The parameters of a species.
    pub fn draw(random: &mut Rng) -> Self {
        let hue: f32 = random.random();
        Self {
            symmetry: random.random_range(2..9u32) as f32,
            exponents: [
                random.random_range(0.6..2.5),
                random.random_range(0.7..3.5),
                random.random_range(0.7..3.5),
            ],
            stretch: random.random_range(0.8..1.3),
            body: hsv(hue, random.random_range(0.25..0.85), random.random_range(0.45..0.95)),
            marking: hsv(hue + random.random_range(0.1..0.6), 0.6, random.random_range(0.2..0.95)),
            pattern: Pattern::draw(random),
            gloss: random.random_range(0.0..0.9),
            seed: random.random(),
        }
    }

    /// What is at a point.
    pub fn surface(&self, u: f32, v: f32) -> Option<Surface> {
        let (x, y) = (u / self.stretch, v * self.stretch);
        let inside = x.hypot(y) / (0.85 * self.radius(y.atan2(x)));
        if inside > 1.0 {
            return None;
        }
        let fine = 0.88 + 0.24 * noise(u * 11.0, v * 11.0, self.seed);
        let colour = mix(self.body, self.marking, self.pattern.amount(u, v));
        let relief = (1.0 - inside * inside).max(0.0).sqrt();
        Some(Surface { colour: scale(colour, fine), relief, gloss: self.gloss })
    }

    /// Distance of the outline from the middle at an angle.
    fn radius(&self, angle: f32) -> f32 {
        let [n1, n2, n3] = self.exponents;
        let turn = self.symmetry * angle / 4.0;
        let sum = turn.cos().abs().powf(n2) + turn.sin().abs().powf(n3);
        sum.max(1e-3).powf(-1.0 / (n1 * 2.0)).clamp(0.35, 1.15)
    }
}
