//! Fish from the side: a body with stripes or dots, fins, a tail and an eye.

use fewshot::rng::Rng;
use rand::Rng as _;

use super::Surface;
use crate::data::synthetic::colour::{Rgb, hsv, mix, scale, smooth};
use crate::data::synthetic::pattern::Pattern;

/// The parameters of a fish.
#[derive(Clone, Debug)]
pub struct Fish {
    height: f32,
    snout: f32,
    tail: f32,
    fork: f32,
    fin: f32,
    fin_at: f32,
    back: Rgb,
    belly: Rgb,
    marking: Rgb,
    fins: Rgb,
    pattern: Pattern,
}

/// Where the body ends and the tail begins.
const STALK: f32 = 0.56;

impl Fish {
    /// The parameters of a species.
    pub fn draw(random: &mut Rng) -> Self {
        let hue: f32 = random.random();
        let back = hsv(hue, random.random_range(0.4..0.95), random.random_range(0.5..0.98));
        Self {
            height: random.random_range(0.26..0.62),
            snout: random.random_range(0.55..1.15),
            tail: random.random_range(0.22..0.5),
            fork: random.random_range(-0.1..0.25),
            fin: random.random_range(0.1..0.42),
            fin_at: random.random_range(-0.25..0.2),
            back,
            belly: mix(back, hsv(hue + 0.08, 0.12, 0.98), random.random_range(0.3..0.9)),
            marking: hsv(hue + random.random_range(0.2..0.8), 0.8, random.random_range(0.12..0.98)),
            fins: hsv(hue + random.random_range(-0.2..0.4), 0.75, random.random_range(0.45..0.98)),
            pattern: Pattern::draw(random),
        }
    }

    /// What is at a point; the head is on the left.
    pub fn surface(&self, u: f32, v: f32) -> Option<Surface> {
        let along = (u + 0.9) / (STALK + 0.9);
        if (0.0..=1.0).contains(&along) {
            let taper = along.powf(self.snout * 0.62) * (1.0 - along).powf(0.55) * 1.75;
            let half = (self.height * taper).max(if along > 0.6 { 0.075 } else { 0.0 });
            if v.abs() < half {
                return Some(self.body(u, v, half, along));
            }
            if let Some(fin) = self.dorsal(u, v, half) {
                return Some(fin);
            }
        }
        let out = (u - STALK + 0.06) / 0.42;
        let spread = self.tail * out.clamp(0.0, 1.0).sqrt();
        let end = 1.0 - self.fork * (1.0 - (v.abs() / self.tail).min(1.0)) * 2.0;
        let is_tail = (0.0..end).contains(&out) && v.abs() < spread;
        is_tail.then(|| self.ray(v / spread.max(0.05) * 5.0, out))
    }

    fn body(&self, u: f32, v: f32, half: f32, along: f32) -> Surface {
        let eye = (u + 0.66).hypot(v + 0.3 * half) / 0.075;
        if eye < 1.0 {
            let colour = if eye < 0.55 { [0.04, 0.04, 0.06] } else { [0.96, 0.93, 0.8] };
            return Surface { colour, relief: 0.95, gloss: 1.0 };
        }
        let depth = v / half;
        let marked = self.pattern.amount(u * 1.1, v * 1.1);
        // The head bears no markings, and scales fade towards it.
        let head = smooth(0.2, 0.32, along);
        let mut colour = mix(self.back, self.belly, smooth(-0.3, 0.9, depth));
        colour = mix(colour, self.marking, marked * head);
        let scales = 0.06 * ((u * 52.0).sin() * ((v + u * 0.15) * 58.0).sin()) * head;
        let gill = smooth(0.03, 0.0, (u + 0.42 + 0.35 * depth * depth).abs()) * 0.3;
        Surface {
            colour: scale(colour, 1.0 + scales - gill),
            relief: (1.0 - depth * depth).sqrt(),
            gloss: 0.35,
        }
    }

    fn dorsal(&self, u: f32, v: f32, half: f32) -> Option<Surface> {
        let place = (u - self.fin_at) / 0.42;
        let rise =
            self.fin * (1.0 - place * place).max(0.0).sqrt() * (0.75 + 0.25 * (place * 3.0).sin());
        // A lesser fin below answers the one above.
        let reach = if v < 0.0 { rise } else { rise * 0.55 };
        (v.abs() < half + reach && rise > 0.0).then(|| self.ray(u * 9.0, 0.5))
    }

    fn ray(&self, across: f32, out: f32) -> Surface {
        let ray = 0.86 + 0.14 * (across * 6.0).cos();
        Surface::matt(scale(self.fins, ray * (1.0 - 0.25 * out.clamp(0.0, 1.0))), 0.4)
    }
}
