//! Leaves: a blade, entire, toothed or lobed, with a midrib, side veins and tints.

use fewshot::rng::Rng;
use rand::Rng as _;

use super::Surface;
use crate::data::synthetic::colour::{Rgb, hsv, mix, scale, smooth};
use crate::data::synthetic::noise::noise;

/// The parameters of a leaf.
#[derive(Clone, Debug)]
pub struct Leaf {
    width: f32,
    /// Where the blade is widest, and how it tapers.
    belly: f32,
    taper: f32,
    teeth: f32,
    tooth_depth: f32,
    veins: f32,
    slant: f32,
    blade: Rgb,
    tint: Rgb,
    vein: Rgb,
    tinted: Tint,
    seed: u32,
}

#[derive(Clone, Copy, Debug)]
enum Tint {
    Rim,
    Middle,
    Between,
    Patches,
}

impl Leaf {
    /// The parameters of a species.
    pub fn draw(random: &mut Rng) -> Self {
        // Greens above all, then the colours of autumn, then purple.
        let hue = match random.random_range(0..10u32) {
            0..=4 => random.random_range(0.2..0.42f32),
            5..=8 => random.random_range(-0.02..0.16),
            _ => random.random_range(0.78..0.95),
        };
        let lobed = random.random_bool(0.4);
        let tints = [Tint::Rim, Tint::Middle, Tint::Between, Tint::Patches];
        Self {
            width: random.random_range(0.24..0.66),
            belly: random.random_range(0.35..0.68),
            taper: random.random_range(0.55..1.3),
            teeth: if lobed { random.random_range(3..6u32) } else { random.random_range(9..22) }
                as f32,
            tooth_depth: if lobed {
                random.random_range(0.2..0.5)
            } else {
                random.random_range(0.0..0.12)
            },
            veins: random.random_range(5..12u32) as f32,
            slant: random.random_range(0.3..1.2),
            blade: hsv(hue, random.random_range(0.5..0.9), random.random_range(0.35..0.85)),
            tint: hsv(
                hue + random.random_range(-0.22..0.22),
                random.random_range(0.2..0.9),
                random.random_range(0.4..0.98),
            ),
            vein: hsv(hue - 0.03, random.random_range(0.1..0.5), random.random_range(0.7..0.98)),
            tinted: tints[random.random_range(0..tints.len())],
            seed: random.random(),
        }
    }

    /// What is at a point; the tip is up.
    pub fn surface(&self, u: f32, v: f32) -> Option<Surface> {
        let side = u.abs();
        if side < 0.024 && (0.7..0.98).contains(&v) {
            return Some(Surface::matt(scale(self.vein, 0.7), 0.5));
        }
        // 0 at the tip, 1 at the stalk.
        let along = (v + 0.92) / 1.72;
        if !(0.0..1.0).contains(&along) {
            return None;
        }
        let bent = along.powf((0.5f32).ln() / self.belly.ln());
        let outline = self.width * (bent * std::f32::consts::PI).sin().powf(self.taper);
        let tooth = ((along - side * 0.25) * self.teeth).rem_euclid(1.0);
        let half = outline * (1.0 - self.tooth_depth * (1.0 - tooth));
        if side > half {
            return None;
        }
        let across = side / half.max(1e-3);
        let midrib = smooth(0.022, 0.008, side);
        let phase = ((along + side * self.slant) * self.veins).rem_euclid(1.0);
        let side_vein = smooth(0.09, 0.02, (phase - 0.5).abs()) * 0.6;
        let tint = match self.tinted {
            Tint::Rim => smooth(0.5, 0.95, across),
            Tint::Middle => smooth(0.55, 0.1, across),
            Tint::Between => smooth(0.15, 0.35, (phase - 0.5).abs()) * 0.8,
            Tint::Patches => smooth(0.5, 0.62, noise(u * 5.0, v * 5.0, self.seed)),
        };
        let fine = 0.93 + 0.14 * noise(u * 18.0, v * 18.0, self.seed ^ 5);
        let colour =
            mix(scale(mix(self.blade, self.tint, tint), fine), self.vein, midrib.max(side_vein));
        // Each field between two veins bulges a little.
        let relief = 0.45 + 0.3 * (phase - 0.5).abs() * (1.0 - across) + 0.1 * (1.0 - across);
        Some(Surface { colour, relief, gloss: 0.12 })
    }
}
