//! What all pictures of a class have in common: outline, palette and texture.

use fewshot::rng::rng;
use rand::Rng as _;

/// Stream of the parameters of species, apart from those of pictures.
const STREAM: u64 = 0x5bec_1e50;

/// A texture over the body.
#[derive(Clone, Copy, Debug)]
pub enum Texture {
    /// One colour.
    Plain,
    /// Parallel stripes.
    Stripes,
    /// Rings around the middle.
    Rings,
    /// A grid of dots.
    Dots,
    /// Sectors around the middle.
    Rays,
}

/// The parameters of one species.
#[derive(Clone, Debug)]
pub struct Species {
    /// Superformula (Gielis 2003): symmetry and the three exponents.
    pub outline: [f32; 4],
    /// Width over height.
    pub stretch: f32,
    /// Body, markings and background, RGB of 0 to 1.
    pub palette: [[f32; 3]; 3],
    /// The markings.
    pub texture: Texture,
    /// Markings across the body.
    pub frequency: f32,
}

impl Species {
    /// The species of a number.
    pub fn new(number: u32) -> Self {
        let mut rng = rng(u64::from(number), STREAM);
        let symmetry = rng.random_range(2..10u32) as f32;
        let outline = [
            symmetry,
            rng.random_range(0.4..2.5),
            rng.random_range(0.6..4.0),
            rng.random_range(0.6..4.0),
        ];
        let hue: f32 = rng.random();
        let textures =
            [Texture::Plain, Texture::Stripes, Texture::Rings, Texture::Dots, Texture::Rays];
        Self {
            outline,
            stretch: rng.random_range(0.65..1.5),
            palette: [
                colour(hue, rng.random_range(0.4..0.9), rng.random_range(0.55..0.95)),
                colour(hue + rng.random_range(0.15..0.6), 0.7, rng.random_range(0.25..0.95)),
                colour(rng.random(), rng.random_range(0.05..0.3), rng.random_range(0.3..0.9)),
            ],
            texture: textures[rng.random_range(0..textures.len())],
            frequency: rng.random_range(2.5..6.0),
        }
    }

    /// Distance of the outline from the middle at an angle, before scaling.
    pub fn radius(&self, angle: f32) -> f32 {
        let [symmetry, n1, n2, n3] = self.outline;
        let turn = symmetry * angle / 4.0;
        let sum = turn.cos().abs().powf(n2) + turn.sin().abs().powf(n3);
        sum.max(1e-3).powf(-1.0 / (n1 * 2.0)).clamp(0.3, 1.6)
    }
}

/// Hue (in turns), saturation and value to RGB.
fn colour(hue: f32, saturation: f32, value: f32) -> [f32; 3] {
    [5.0, 3.0, 1.0].map(|offset: f32| {
        let k = (offset + hue * 6.0).rem_euclid(6.0);
        value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)
    })
}
