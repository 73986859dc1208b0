//! Inputs and weights from formulas on integers, the same here and in
//! `tests/golden/make_learner.py`, so that only PyTorch's results are stored.

use anyhow::Result;
use candle_core::{Device, Shape, Tensor};
use fewshot::config::{BackboneConfig, GeneratorConfig, GeneratorKind, ModelConfig};
use fewshot::{Model, Parameters};

/// `count` numbers in -1..1, a function of `salt`; exact in every language.
#[must_use]
pub fn values(salt: u32, count: usize) -> Vec<f32> {
    let value = |index: u32| {
        let mut x = index.wrapping_mul(0x9E37_79B1).wrapping_add(salt.wrapping_mul(0x85EB_CA77));
        x = (x ^ (x >> 15)).wrapping_mul(0x2C1B_3C6D);
        x ^= x >> 12;
        (x >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (1..=count as u32).map(value).collect()
}

/// [`values`] as a tensor of `shape`.
///
/// # Errors
/// If candle cannot hold it.
pub fn tensor(salt: u32, shape: impl Into<Shape>) -> Result<Tensor> {
    let shape = shape.into();
    Ok(Tensor::from_vec(values(salt, shape.elem_count()), shape, &Device::Cpu)?)
}

/// A picture with noise, edges and a ramp, row by row, channels together.
#[must_use]
pub fn draw(width: usize, height: usize, channels: usize) -> Vec<u8> {
    let value = |x: u32, y: u32, c: u32| {
        let mixed =
            x.wrapping_mul(73_856_093) ^ y.wrapping_mul(19_349_663) ^ c.wrapping_mul(83_492_791);
        let noise = (mixed >> 3) & 63;
        let edge = ((x / 13 + y / 7 + c) % 2) * 90;
        let ramp = (x * (c + 2) + y * 3) % 103;
        (noise + edge + ramp) as u8
    };
    let mut out = Vec::with_capacity(width * height * channels);
    for y in 0..height as u32 {
        for x in 0..width as u32 {
            out.extend((0..channels as u32).map(|c| value(x, y, c)));
        }
    }
    out
}

/// Pictures for the backbone, (B, C, S, S), cut from one strip that [`draw`] makes.
///
/// # Errors
/// If candle cannot hold them.
pub fn images(batch: usize, channels: usize, size: usize, binary: bool) -> Result<Tensor> {
    let strip = draw(size, size * batch, channels);
    let pixel = |&value: &u8| match binary {
        true => f32::from(u8::from(value > 150)),
        false => f32::from(value) / 128.0 - 1.0,
    };
    let pixels: Vec<f32> = strip.iter().map(pixel).collect();
    let rows = Tensor::from_vec(pixels, (batch, size, size, channels), &Device::Cpu)?;
    Ok(rows.permute((0, 3, 1, 2))?.contiguous()?)
}

/// A model of four blocks; `hidden` is the generator's width, where it has one.
#[must_use]
pub fn config(
    size: usize,
    channels: usize,
    width: usize,
    generator: Option<(GeneratorKind, usize)>,
) -> ModelConfig {
    ModelConfig {
        backbone: BackboneConfig::conv4(width, 4),
        generator: generator.map(|(kind, hidden)| GeneratorConfig::new(kind, hidden)),
        ..ModelConfig::new(size, channels)
    }
}

/// Variables for `config`: each tensor's salt is its place in the order of names.
///
/// # Errors
/// If the configuration is not usable.
pub fn parameters(config: &ModelConfig) -> Result<Parameters> {
    let fresh = Model::init(config, 0, &Device::Cpu)?;
    let mut filled = Parameters::default();
    for (salt, (name, like)) in fresh.iter().enumerate() {
        let drawn = tensor(salt as u32, like.shape())?;
        let scaled = |scale: f64| drawn.affine(f64::from(scale as f32), 0.0);
        let tensor = if like.rank() > 1 {
            let fan_in = like.elem_count() / like.dim(0)?;
            scaled((6.0 / fan_in as f64).sqrt())?
        } else if name.ends_with("running_var") {
            (scaled(0.5)? + 1.0)?
        } else if name.ends_with(".weight") {
            (scaled(0.25)? + 1.0)?
        } else {
            scaled(0.25)?
        };
        filled.insert(name, tensor);
    }
    Ok(filled.to_variables()?)
}
