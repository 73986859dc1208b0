//! What all pictures of a class have in common: its family with parameters,
//! and where it lives.

use fewshot::rng::rng;
use rand::Rng as _;

use super::family::Family;

/// Stream of the parameters of species, apart from those of pictures.
const STREAM: u64 = 0x5bec_1e50;

/// Hues of sand, earth, moss, meadow, water and dusk.
const HABITATS: [f32; 6] = [0.11, 0.07, 0.22, 0.34, 0.54, 0.66];

/// The parameters of one species.
#[derive(Clone, Debug)]
pub struct Species {
    /// What it is.
    pub family: Family,
    /// Hue of its surroundings.
    pub habitat: f32,
}

impl Species {
    /// The species of a number.
    pub fn new(number: u32) -> Self {
        let mut random = rng(u64::from(number), STREAM);
        let family = Family::draw(&mut random);
        let habitat = HABITATS[random.random_range(0..HABITATS.len())];
        Self { family, habitat }
    }
}
