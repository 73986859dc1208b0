//! Flowers: one or two rings of petals around a disc of florets.

use std::f32::consts::{PI, TAU};

use fewshot::rng::Rng;
use rand::Rng as _;

use super::Surface;
use crate::data::synthetic::colour::{Rgb, hsv, mix, scale, smooth};

/// The parameters of a flower.
#[derive(Clone, Debug)]
pub struct Flower {
    petals: f32,
    /// How pointed petals are, and how deep the gaps between them.
    point: f32,
    gap: f32,
    rings: u32,
    disc: f32,
    inner: Rgb,
    outer: Rgb,
    heart: Rgb,
    eye: f32,
}

impl Flower {
    /// The parameters of a species.
    pub fn draw(random: &mut Rng) -> Self {
        // No flower is green: hues from blue over red to yellow.
        let hue = random.random_range(0.58..1.18f32);
        let white = random.random_bool(0.2);
        let saturation = if white { 0.06 } else { random.random_range(0.5..0.9) };
        Self {
            petals: random.random_range(4..15u32) as f32,
            point: random.random_range(0.45..1.9),
            gap: random.random_range(0.25..0.85),
            rings: random.random_range(1..3),
            disc: random.random_range(0.13..0.34),
            inner: hsv(hue + random.random_range(-0.12..0.12), saturation * 0.9, 0.72),
            outer: hsv(hue, saturation, random.random_range(0.85..1.0)),
            heart: hsv(random.random_range(0.04..0.17), 0.85, random.random_range(0.3..0.95)),
            eye: random.random_range(0.2..0.75),
        }
    }

    /// What is at a point.
    pub fn surface(&self, u: f32, v: f32) -> Option<Surface> {
        let radius = u.hypot(v);
        if radius > 1.0 {
            return None;
        }
        let angle = v.atan2(u);
        if radius < self.disc {
            let floret = (radius * 70.0).sin() * (angle * 21.0 + radius * 30.0).sin();
            let relief = 1.0 - 0.4 * (radius / self.disc).powi(2);
            return Some(Surface::matt(scale(self.heart, 0.92 + 0.2 * floret), relief));
        }
        (0..self.rings).find_map(|ring| self.petal(radius, angle, ring))
    }

    fn petal(&self, radius: f32, angle: f32, ring: u32) -> Option<Surface> {
        // The upper ring is smaller and stands in the gaps of the lower one.
        let size = if ring + 1 == self.rings { 1.0 } else { 0.72 };
        let turn = if ring == 0 { 0.0 } else { PI / self.petals };
        let across = ((angle + turn) * self.petals / TAU).rem_euclid(1.0) * 2.0 - 1.0;
        let reach = size * (1.0 - self.gap * across.abs().powf(1.0 + self.point));
        if radius > reach {
            return None;
        }
        let along = radius / size;
        let vein = 0.06 * (across * 19.0).cos() * smooth(0.2, 0.6, along);
        let colour = mix(self.inner, self.outer, smooth(self.eye - 0.2, self.eye + 0.2, along));
        let edge = smooth(0.0, 0.12, reach - radius);
        let relief = 0.42 + 0.36 * (1.0 - across * across) * edge - 0.14 * ring as f32;
        Some(Surface::matt(scale(colour, 1.0 + vein), relief))
    }
}
