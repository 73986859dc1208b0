//! Families of species: each draws a body from its parameters, in a plane
//! where the body fills about the unit circle.

mod beetle;
mod butterfly;
mod fish;
mod flower;
mod leaf;
mod mushroom;
mod shell;
mod stone;

use fewshot::rng::Rng;
use rand::Rng as _;

use super::colour::Rgb;

/// What a point of a body looks like before light falls on it.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// Its own colour.
    pub colour: Rgb,
    /// How far it bulges towards the viewer, 0 at the rim to 1.
    pub relief: f32,
    /// How much it mirrors the light.
    pub gloss: f32,
}

impl Surface {
    const fn matt(colour: Rgb, relief: f32) -> Self {
        Self { colour, relief, gloss: 0.0 }
    }
}

/// The body plan of a species with its parameters.
#[derive(Clone, Debug)]
pub enum Family {
    /// Elytra with a seam, legs and a head.
    Beetle(beetle::Beetle),
    /// Two pairs of wings, mirrored.
    Butterfly(butterfly::Butterfly),
    /// A fish from the side.
    Fish(fish::Fish),
    /// Petals around a disc.
    Flower(flower::Flower),
    /// A blade with veins.
    Leaf(leaf::Leaf),
    /// A cap on a stem.
    Mushroom(mushroom::Mushroom),
    /// A coiled shell from the side.
    Shell(shell::Shell),
    /// A marked body of any outline.
    Stone(stone::Stone),
}

impl Family {
    /// The family and parameters of a species.
    pub fn draw(random: &mut Rng) -> Self {
        match random.random_range(0..8u32) {
            0 => Self::Beetle(beetle::Beetle::draw(random)),
            1 => Self::Butterfly(butterfly::Butterfly::draw(random)),
            2 => Self::Fish(fish::Fish::draw(random)),
            3 => Self::Flower(flower::Flower::draw(random)),
            4 => Self::Leaf(leaf::Leaf::draw(random)),
            5 => Self::Mushroom(mushroom::Mushroom::draw(random)),
            6 => Self::Shell(shell::Shell::draw(random)),
            _ => Self::Stone(stone::Stone::draw(random)),
        }
    }

    /// What is at a point; nothing outside the body.
    pub fn surface(&self, u: f32, v: f32) -> Option<Surface> {
        match self {
            Self::Beetle(body) => body.surface(u, v),
            Self::Butterfly(body) => body.surface(u, v),
            Self::Fish(body) => body.surface(u, v),
            Self::Flower(body) => body.surface(u, v),
            Self::Leaf(body) => body.surface(u, v),
            Self::Mushroom(body) => body.surface(u, v),
            Self::Shell(body) => body.surface(u, v),
            Self::Stone(body) => body.surface(u, v),
        }
    }

    /// What one calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Beetle(_) => "beetle",
            Self::Butterfly(_) => "butterfly",
            Self::Fish(_) => "fish",
            Self::Flower(_) => "flower",
            Self::Leaf(_) => "leaf",
            Self::Mushroom(_) => "mushroom",
            Self::Shell(_) => "shell",
            Self::Stone(_) => "stone",
        }
    }

    /// How far it may lie turned from upright, in radians.
    pub fn turn(&self) -> f32 {
        match self {
            Self::Flower(_) | Self::Shell(_) | Self::Stone(_) => std::f32::consts::PI,
            Self::Beetle(_) | Self::Butterfly(_) | Self::Leaf(_) => 0.7,
            Self::Fish(_) => 0.35,
            Self::Mushroom(_) => 0.2,
        }
    }
}

/// Distance from a point to a segment: legs, antennae, veins.
fn segment(u: f32, v: f32, from: [f32; 2], to: [f32; 2]) -> f32 {
    let (du, dv) = (to[0] - from[0], to[1] - from[1]);
    let along = ((u - from[0]) * du + (v - from[1]) * dv) / (du * du + dv * dv);
    let along = along.clamp(0.0, 1.0);
    (u - from[0] - along * du).hypot(v - from[1] - along * dv)
}
