//! A whole split encoded once, in batches, by an encoder that no longer
//! changes: what validation, evaluation and the generator's training read.

use anyhow::{Context, Result};
use candle_core::{Device, Tensor};
use fewshot::config::ImageConfig;

use crate::batch;
use crate::data::PixelCache;

/// Pictures encoded at a time: enough for every core, little memory.
const BATCH: usize = 128;

/// Features of `images` (counted over the whole split), in their order, as they lie.
///
/// # Shapes
/// Returns (images, D), f32, on `device`.
///
/// # Errors
/// As [`encode_made`].
pub fn encode(
    forward: impl Fn(&Tensor) -> fewshot::Result<Tensor>,
    config: &ImageConfig,
    cache: &PixelCache,
    images: &[usize],
    device: &Device,
    progress: &dyn Fn(usize) -> Result<()>,
) -> Result<Tensor> {
    let pixels = |_number, chunk: &[usize]| batch::assemble(config, cache, chunk);
    encode_made(forward, config, images, device, pixels, progress)
}

/// Features of `images`, in their order, whose `pixels` are made of the number of a batch
/// and the images in it.
///
/// `forward` is [`fewshot::Embedder::embed`] for features ready to compare, or
/// [`fewshot::Embedder::features`] for those before the transform.
/// `progress` is called with the pictures done; its error ends the work.
///
/// # Shapes
/// Returns (images, D), f32, on `device`.
///
/// # Errors
/// If the pictures do not fit the model, or there are none.
pub fn encode_made(
    forward: impl Fn(&Tensor) -> fewshot::Result<Tensor>,
    config: &ImageConfig,
    images: &[usize],
    device: &Device,
    pixels: impl Fn(usize, &[usize]) -> Result<Vec<f32>>,
    progress: &dyn Fn(usize) -> Result<()>,
) -> Result<Tensor> {
    let mut parts = Vec::with_capacity(images.len().div_ceil(BATCH));
    let mut done = 0;
    for (number, chunk) in images.chunks(BATCH).enumerate() {
        let pixels = pixels(number, chunk)?;
        let shape = (chunk.len(), config.channels, config.size, config.size);
        let features = forward(&Tensor::from_vec(pixels, shape, device)?)
            .context("the pictures do not fit the model")?;
        parts.push(features.detach());
        done += chunk.len();
        progress(done)?;
    }
    Tensor::cat(&parts, 0).context("there are no pictures to encode")
}

/// [`encode`] for every picture of the split, in the cache's order.
///
/// # Shapes
/// Returns (images, D), f32, on `device`.
///
/// # Errors
/// As [`encode`].
pub fn encode_split(
    forward: impl Fn(&Tensor) -> fewshot::Result<Tensor>,
    config: &ImageConfig,
    cache: &PixelCache,
    device: &Device,
    progress: &dyn Fn(usize) -> Result<()>,
) -> Result<Tensor> {
    let all: Vec<usize> = (0..cache.len()).collect();
    encode(forward, config, cache, &all, device, progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Side, Split, open};

    fn config(size: usize, resize: usize) -> ImageConfig {
        ImageConfig {
            size,
            channels: 3,
            mean: vec![0.5; 3],
            std: vec![0.5; 3],
            resize,
            framing: fewshot::config::Framing::Crop,
            invert: false,
            mirror: false,
            shift: 0,
        }
    }

    #[test]
    fn both_sides_of_the_cache_give_the_model_the_same_picture() -> Result<()> {
        let mut val = open(None)?.split(Split::Val)?;
        val.classes.truncate(2);
        for class in &mut val.classes {
            class.images.truncate(3);
        }
        let config = config(12, 15);
        let load = |dataset: &Dataset, side| PixelCache::load(dataset, &config, side, &|_, _| {});
        let forward = |images: &Tensor| Ok(images.flatten_from(1)?);
        let encode = |side| -> Result<Vec<Vec<f32>>> {
            let cache = load(&val, side)?;
            let features = encode_split(forward, &config, &cache, &Device::Cpu, &|_| Ok(()))?;
            Ok(features.to_vec2()?)
        };
        let (model, resized) = (encode(Side::Model)?, encode(Side::Resized)?);
        assert_eq!(model.len(), 6);
        assert_eq!(model[0].len(), 3 * 12 * 12);
        assert!(model == resized, "the squares differ");
        Ok(())
    }
}
