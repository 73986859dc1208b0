//! Coiled shells: a logarithmic spiral, banded along the coil or across it.

use std::f32::consts::TAU;

use fewshot::rng::Rng;
use rand::Rng as _;

use super::Surface;
use crate::data::synthetic::colour::{Rgb, hsv, mix, scale, smooth};

/// The parameters of a shell.
#[derive(Clone, Debug)]
pub struct Shell {
    /// Natural logarithm of the growth a whorl.
    growth: f32,
    ribs: f32,
    rib_depth: f32,
    bands: f32,
    band_at: f32,
    base: Rgb,
    band: Rgb,
    tip: Rgb,
    flames: f32,
}

impl Shell {
    /// The parameters of a species.
    pub fn draw(random: &mut Rng) -> Self {
        let hue =
            random.random_range(-0.08..0.2f32) + if random.random_bool(0.25) { 0.5 } else { 0.0 };
        Self {
            growth: random.random_range(0.62..1.35),
            ribs: random.random_range(9..34u32) as f32,
            rib_depth: random.random_range(0.0..0.26),
            bands: random.random_range(1..4u32) as f32,
            band_at: random.random_range(0.1..0.5),
            base: hsv(hue, random.random_range(0.1..0.6), random.random_range(0.7..0.98)),
            band: hsv(
                hue + random.random_range(-0.08..0.3),
                random.random_range(0.45..0.95),
                random.random_range(0.25..0.85),
            ),
            tip: hsv(hue + 0.05, 0.5, random.random_range(0.35..0.9)),
            flames: if random.random_bool(0.4) {
                random.random_range(5..13u32) as f32
            } else {
                0.0
            },
        }
    }

    /// What is at a point.
    pub fn surface(&self, u: f32, v: f32) -> Option<Surface> {
        let (u, v) = (u + 0.08, v - 0.02);
        let radius = u.hypot(v);
        if radius < 0.012 {
            return Some(Surface::matt(self.tip, 0.5));
        }
        let turn = v.atan2(u) / TAU;
        // The whorl a point lies on, and where across that whorl: 0 inside, 1 outside.
        let spiral = (radius / 0.98).ln() / self.growth - turn;
        let across = spiral.rem_euclid(1.0);
        let whorl = spiral - across + 1.0;
        if whorl > 0.0 {
            return None;
        }
        // Angle along the coil, counted from the mouth inwards.
        let coil = whorl + turn;
        let edge = (across - 0.5) * 2.0;
        let rib = 1.0 + self.rib_depth * (coil * self.ribs * TAU).sin() * (1.0 - edge * edge);
        let band = smooth(0.25, 0.4, ((across - self.band_at) * self.bands * TAU).sin());
        let flame = if self.flames > 0.0 {
            smooth(0.1, 0.4, ((coil + 0.12 * edge * edge) * self.flames * TAU).sin())
        } else {
            1.0
        };
        let mut colour = mix(self.base, self.band, band * flame);
        colour = mix(colour, self.tip, smooth(-0.9, -2.6, coil));
        let seam = smooth(0.0, 0.14, across) * smooth(1.0, 0.93, across);
        colour = scale(colour, rib * (0.55 + 0.45 * seam));
        Some(Surface { colour, relief: (1.0 - edge * edge).max(0.0).sqrt() * 0.9, gloss: 0.4 })
    }
}
