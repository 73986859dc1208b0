//! Butterflies: fore and hind wings mirrored at the body, with borders and eyespots.

use fewshot::rng::Rng;
use rand::Rng as _;

use super::{Surface, segment};
use crate::data::synthetic::colour::{Rgb, hsv, mix, scale, smooth};
use crate::data::synthetic::pattern::Pattern;

/// The parameters of a butterfly.
#[derive(Clone, Debug)]
pub struct Butterfly {
    /// Fore wing, then hind wing.
    wings: [Wing; 2],
    pattern: Pattern,
    ground: Rgb,
    marking: Rgb,
    border: Rgb,
    border_width: f32,
    border_dots: f32,
}

#[derive(Clone, Debug)]
struct Wing {
    /// Direction of its axis from the body, above the horizon.
    direction: f32,
    length: f32,
    spread: f32,
    scallop: f32,
    ground: Rgb,
    eyespot: Option<(f32, f32, Rgb)>,
}

impl Butterfly {
    /// The parameters of a species.
    pub fn draw(random: &mut Rng) -> Self {
        let hue: f32 = random.random();
        let ground = hsv(hue, random.random_range(0.35..0.95), random.random_range(0.7..1.0));
        let second = if random.random_bool(0.4) {
            hsv(hue + random.random_range(0.08..0.5), 0.75, 0.9)
        } else {
            scale(ground, 0.9)
        };
        let mut wing = |low: f32, high: f32, ground| Wing {
            direction: random.random_range(low..high),
            length: random.random_range(0.8..1.0),
            spread: random.random_range(0.62..0.92),
            scallop: if random.random_bool(0.4) { 0.05 } else { 0.0 },
            ground,
            eyespot: random.random_bool(0.55).then(|| {
                let place = random.random_range(0.5..0.72);
                (place, random.random_range(0.08..0.15), hsv(random.random(), 0.8, 0.95))
            }),
        };
        let wings = [wing(0.5, 0.75, ground), wing(-0.85, -0.6, second)];
        let dark = random.random_bool(0.75);
        Self {
            wings,
            pattern: Pattern::draw(random),
            ground,
            marking: hsv(hue + random.random_range(0.3..0.7), 0.6, random.random_range(0.2..0.95)),
            border: if dark { hsv(hue, 0.5, 0.14) } else { hsv(hue + 0.1, 0.12, 0.97) },
            border_width: random.random_range(0.05..0.26),
            border_dots: if random.random_bool(0.5) { 1.0 } else { 0.0 },
        }
    }

    /// What is at a point.
    pub fn surface(&self, u: f32, v: f32) -> Option<Surface> {
        let side = u.abs();
        let slim = side / 0.065;
        let long = (v - 0.02) / 0.42;
        if slim * slim + long * long < 1.0 {
            let hair = 1.0 + 0.25 * (v * 45.0).sin();
            let colour = scale(mix(self.border, self.ground, 0.2), hair);
            return Some(Surface::matt(colour, 0.9 - 0.5 * slim * slim));
        }
        if segment(side, v, [0.02, -0.36], [0.22, -0.78]) < 0.014 {
            return Some(Surface::matt(scale(self.border, 0.7), 0.4));
        }
        // The fore wing lies over the hind wing.
        self.wings.iter().find_map(|wing| self.wing(wing, side, v))
    }

    fn wing(&self, wing: &Wing, side: f32, v: f32) -> Option<Surface> {
        let radius = side.hypot(v);
        let angle = (-v).atan2(side) - wing.direction;
        let open = angle / wing.spread;
        if open.abs() > 1.0 {
            return None;
        }
        let shape = (1.0 - open * open).sqrt().powf(0.62);
        let reach = wing.length * shape * (1.0 - wing.scallop * (angle * 22.0).cos().abs());
        let along = radius / reach;
        if along > 1.0 {
            return None;
        }
        let vein = smooth(0.05, 0.0, ((open * 3.5).fract().abs() - 0.5).abs()) * along;
        let marked = self.pattern.amount(side * 0.9, v * 0.9);
        let mut colour = mix(wing.ground, self.marking, marked);
        colour = mix(scale(colour, 0.75), colour, smooth(0.0, 0.5, along));
        colour = mix(colour, self.border, 0.45 * vein);
        let edge = 1.0 - self.border_width;
        colour = mix(colour, self.border, smooth(edge - 0.04, edge + 0.02, along));
        let dot = (angle * 17.0).cos()
            * smooth(self.border_width * 0.42, 0.0, (1.0 - along - self.border_width * 0.5).abs());
        colour = mix(colour, [0.97, 0.95, 0.88], self.border_dots * smooth(0.3, 0.6, dot));
        if let Some((place, size, iris)) = wing.eyespot {
            let distance = (radius - place * wing.length).hypot(angle * radius) / size;
            if distance < 1.0 {
                let ring = if distance < 0.3 { [0.96; 3] } else { iris };
                let dark = scale(self.border, 0.6);
                colour =
                    if (0.3..0.55).contains(&distance) || distance > 0.85 { dark } else { ring };
            }
        }
        Some(Surface::matt(colour, 0.5 + 0.2 * along * (1.0 - along)))
    }
}
