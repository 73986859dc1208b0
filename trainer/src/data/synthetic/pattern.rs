//! Markings over a body: what tells species of one family apart.

use fewshot::rng::Rng;
use rand::Rng as _;

use super::colour::smooth;
use super::noise::noise;

/// A marking, by the plane of the body.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    kind: Kind,
    frequency: f32,
    coverage: f32,
    seed: u32,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Plain,
    Along,
    Across,
    Dots,
    Rings,
    Patches,
    Chevrons,
}

impl Pattern {
    /// A marking of a species.
    pub fn draw(random: &mut Rng) -> Self {
        let kinds = [
            Kind::Plain,
            Kind::Along,
            Kind::Across,
            Kind::Dots,
            Kind::Dots,
            Kind::Rings,
            Kind::Patches,
            Kind::Chevrons,
        ];
        Self {
            kind: kinds[random.random_range(0..kinds.len())],
            frequency: random.random_range(5.0..13.0),
            coverage: random.random_range(-0.35..0.35),
            seed: random.random(),
        }
    }

    /// How much of the marking's colour a point has, 0 to 1.
    pub fn amount(&self, x: f32, y: f32) -> f32 {
        let f = self.frequency;
        let wave = match self.kind {
            Kind::Plain => return 0.0,
            Kind::Along => (x * f * 1.2).cos(),
            Kind::Across => (y * f).sin(),
            Kind::Dots => (x * f).cos() * (y * f).cos() * 1.6 - 0.5,
            Kind::Rings => ((x * x + y * y).sqrt() * f * 1.3).cos(),
            Kind::Patches => (noise(x * f * 0.4, y * f * 0.4, self.seed) - 0.5) * 5.0,
            Kind::Chevrons => ((y + x.abs() * 0.7) * f).sin(),
        };
        smooth(self.coverage - 0.12, self.coverage + 0.12, wave)
    }
}
