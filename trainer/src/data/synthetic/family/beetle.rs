//! Beetles: glossy elytra with a seam and markings, a shield, a head and six legs.

use fewshot::rng::Rng;
use rand::Rng as _;

use super::{Surface, segment};
use crate::data::synthetic::colour::{Rgb, hsv, mix, scale, smooth};
use crate::data::synthetic::pattern::Pattern;

/// The parameters of a beetle.
#[derive(Clone, Debug)]
pub struct Beetle {
    width: f32,
    /// Where the shield ends and the elytra begin.
    waist: f32,
    squareness: f32,
    shell: Rgb,
    marking: Rgb,
    shield: Rgb,
    legs: Rgb,
    leg_reach: f32,
    horn: f32,
    gloss: f32,
    ridges: f32,
    pattern: Pattern,
}

impl Beetle {
    /// The parameters of a species.
    pub fn draw(random: &mut Rng) -> Self {
        let hue: f32 = random.random();
        let dark = random.random_range(0.08..0.24);
        let shield =
            if random.random_bool(0.5) { hsv(hue, 0.3, dark) } else { hsv(hue + 0.08, 0.8, 0.55) };
        Self {
            width: random.random_range(0.4..0.68),
            waist: random.random_range(-0.42..-0.2),
            squareness: random.random_range(1.7..3.0),
            shell: hsv(hue, random.random_range(0.6..1.0), random.random_range(0.35..0.95)),
            marking: hsv(
                hue + random.random_range(0.1..0.6),
                0.75,
                random.random_range(0.08..0.95),
            ),
            shield,
            legs: hsv(hue, 0.35, random.random_range(0.1..0.3)),
            leg_reach: random.random_range(0.22..0.42),
            horn: if random.random_bool(0.3) { random.random_range(0.15..0.32) } else { 0.0 },
            gloss: random.random_range(0.25..1.0),
            ridges: if random.random_bool(0.4) { random.random_range(22.0..40.0) } else { 0.0 },
            pattern: Pattern::draw(random),
        }
    }

    /// What is at a point.
    pub fn surface(&self, u: f32, v: f32) -> Option<Surface> {
        let side = u.abs();
        let inside = |half_width: f32, top: f32, bottom: f32| {
            let (middle, half) = ((top + bottom) / 2.0, (bottom - top) / 2.0);
            let power = self.squareness;
            (side / half_width).powf(power) + ((v - middle) / half).abs().powf(power)
        };
        let shell = inside(self.width, self.waist, 0.86);
        if v > self.waist && shell < 1.0 {
            return Some(self.elytra(side, v, shell));
        }
        let shield = inside(self.width * 0.84, self.waist - 0.3, self.waist + 0.22);
        if shield < 1.0 {
            let rim = smooth(1.0, 0.8, shield);
            return Some(Surface {
                colour: scale(self.shield, 0.6 + 0.4 * rim),
                relief: 1.0 - 0.7 * shield,
                gloss: self.gloss * 0.7,
            });
        }
        let head = inside(self.width * 0.42, self.waist - 0.5, self.waist - 0.14);
        let horn =
            segment(side, v, [0.05, self.waist - 0.42], [0.12, self.waist - 0.45 - self.horn]);
        if head < 1.0 || (self.horn > 0.0 && horn < 0.035) {
            return Some(Surface { colour: scale(self.shield, 0.75), relief: 0.6, gloss: 0.2 });
        }
        self.limbs(side, v).then_some(Surface::matt(self.legs, 0.35))
    }

    fn elytra(&self, side: f32, v: f32, inside: f32) -> Surface {
        let marked = self.pattern.amount(side * 1.25, v * 1.25);
        let ridge = if self.ridges > 0.0 { 0.1 * (side * self.ridges).cos() } else { 0.0 };
        let seam = smooth(0.028, 0.01, side);
        let mut colour = scale(mix(self.shell, self.marking, marked), 1.0 + ridge);
        colour = mix(colour, scale(self.legs, 0.6), seam);
        colour = scale(colour, 0.55 + 0.45 * smooth(1.0, 0.75, inside));
        Surface { colour, relief: (1.0 - inside).max(0.0).sqrt(), gloss: self.gloss }
    }

    fn limbs(&self, side: f32, v: f32) -> bool {
        let hip = self.width * 0.8;
        [(-0.28f32, -0.3f32), (0.1, 0.08), (0.42, 0.36)].into_iter().any(|(from, lean)| {
            let knee = [hip + self.leg_reach * 0.62, from + lean * 0.45];
            let foot = [hip + self.leg_reach, from + lean * 1.15];
            segment(side, v, [hip * 0.7, from], knee) < 0.036
                || segment(side, v, knee, foot) < 0.022
        })
    }
}
