//! Mushrooms: a cap with or without warts, gills below it, and a stem.

use fewshot::rng::Rng;
use rand::Rng as _;

use super::Surface;
use crate::data::synthetic::colour::{Rgb, hsv, mix, scale, smooth};
use crate::data::synthetic::noise::noise;

/// The parameters of a mushroom.
#[derive(Clone, Debug)]
pub struct Mushroom {
    width: f32,
    height: f32,
    /// 0.5 a cone, 2 a dome.
    dome: f32,
    stem: f32,
    bulb: f32,
    cap: Rgb,
    rim: Rgb,
    wart: Rgb,
    warts: f32,
    wart_size: f32,
    stalk: Rgb,
    ring: bool,
    seed: u32,
}

/// The height at which the cap ends.
const BRIM: f32 = 0.08;

impl Mushroom {
    /// The parameters of a species.
    pub fn draw(random: &mut Rng) -> Self {
        // Red to yellow and brown, now and then violet or blue.
        let warm = random.random_bool(0.7);
        let hue = if warm {
            random.random_range(-0.03..0.15)
        } else {
            random.random_range(0.45..0.92f32)
        };
        let cap = hsv(hue, random.random_range(0.35..0.95), random.random_range(0.4..0.95));
        Self {
            width: random.random_range(0.52..0.95),
            height: random.random_range(0.4..0.92),
            dome: random.random_range(0.6..2.1),
            stem: random.random_range(0.09..0.24),
            bulb: random.random_range(0.0..0.14),
            cap,
            rim: mix(cap, hsv(hue + 0.06, 0.4, 0.95), random.random_range(0.0..0.7)),
            wart: hsv(hue + 0.05, random.random_range(0.05..0.5), random.random_range(0.25..0.98)),
            warts: if random.random_bool(0.55) { random.random_range(4.0..9.0) } else { 0.0 },
            wart_size: random.random_range(0.56..0.7),
            stalk: hsv(
                random.random_range(0.05..0.14),
                random.random_range(0.06..0.4),
                random.random_range(0.6..0.96),
            ),
            ring: random.random_bool(0.4),
            seed: random.random(),
        }
    }

    /// What is at a point.
    pub fn surface(&self, u: f32, v: f32) -> Option<Surface> {
        let across = u / self.width;
        if across.abs() < 1.0 {
            let arch = (1.0 - across.abs().powf(self.dome + 0.6)).max(0.0).sqrt();
            let top = BRIM - self.height * arch;
            let bottom = BRIM + 0.1 * (1.0 - across * across);
            if (top..bottom).contains(&v) {
                return Some(if v > BRIM - 0.015 {
                    self.gill(across)
                } else {
                    self.cap(u, v, across, top)
                });
            }
        }
        let down = (v - BRIM) / (0.92 - BRIM);
        let half = self.stem * (1.0 + 0.15 * down) + self.bulb * smooth(0.6, 1.0, down);
        if !(0.0..1.0).contains(&down) || u.abs() > half {
            return None;
        }
        let round = u / half;
        let fibre = 0.9 + 0.16 * noise(u * 34.0, v * 5.0, self.seed);
        let is_ring = self.ring && (0.22..0.34).contains(&(down + 0.05 * round * round));
        let shade = if is_ring { 1.12 } else { fibre * (1.0 - 0.3 * smooth(0.25, 0.0, down)) };
        Some(Surface::matt(
            scale(self.stalk, shade),
            0.25 + 0.65 * (1.0 - round * round).max(0.0).sqrt(),
        ))
    }

    fn cap(&self, u: f32, v: f32, across: f32, top: f32) -> Surface {
        let depth = ((v - top) / (BRIM - top)).clamp(0.0, 1.0);
        let mut colour = mix(self.cap, self.rim, smooth(0.55, 1.0, depth));
        if self.warts > 0.0 {
            // Warts crowd together towards the sides, as on a ball.
            let bend = across * (1.0 + 0.45 * across * across);
            let spot = noise(bend * self.warts, (v - top * 0.3) * self.warts * 1.25, self.seed);
            colour = mix(colour, self.wart, smooth(self.wart_size, self.wart_size + 0.06, spot));
        }
        let fine = 0.95 + 0.1 * noise(u * 16.0, v * 16.0, self.seed ^ 3);
        let relief =
            ((1.0 - across * across).max(0.0) * (1.0 - (depth - 0.35).powi(2))).max(0.0).sqrt();
        Surface { colour: scale(colour, fine), relief, gloss: 0.3 }
    }

    fn gill(&self, across: f32) -> Surface {
        let line = 0.62 + 0.16 * (across.asin() * 46.0).cos();
        Surface::matt(scale(mix(self.stalk, self.rim, 0.3), line), 0.4)
    }
}
