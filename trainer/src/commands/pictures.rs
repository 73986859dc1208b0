//! Pictures to features for every command that needs them, with progress shown.

use anyhow::Result;
use candle_core::{Device, Tensor};
use fewshot::Model;

use crate::data::{Dataset, Picture, PixelCache, Side};
use crate::{features, progress};

/// Features of every picture of a data set, in its order.
///
/// # Shapes
/// Returns (images, D), f32, on `device`, which the model is on.
///
/// # Errors
/// Where a picture is broken or the device fails.
pub fn embed_dataset(model: &Model, dataset: &Dataset, device: &Device) -> Result<Tensor> {
    let bar = progress::bar("decoding", dataset.image_count());
    let cache = PixelCache::load(dataset, &model.config.image, Side::Model, &|done, _all| {
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    warn_of_torn(&cache);
    embed(model, &cache, device)
}

/// Pictures that could be read, with their features.
#[derive(Debug)]
pub struct Readable {
    /// In the order they were given.
    pub pictures: Vec<Picture>,
    /// (pictures, D), f32
    pub features: Tensor,
    /// For each of the others why not; it names the picture.
    pub broken: Vec<anyhow::Error>,
}

/// Features of those pictures that can be read: one that cannot must not cost the
/// others their answer.
///
/// # Errors
/// Where none can be read, with the first's reason, or the device fails.
pub fn embed_readable(model: &Model, pictures: Vec<Picture>, device: &Device) -> Result<Readable> {
    let bar = progress::bar("decoding", pictures.len());
    let sources: Vec<_> = pictures.iter().map(|picture| &picture.source).collect();
    let (cache, results) = PixelCache::load_readable(&sources, &model.config.image, &|done, _| {
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    warn_of_torn(&cache);
    let (mut readable, mut broken) = (Vec::new(), Vec::new());
    for (picture, result) in pictures.into_iter().zip(results) {
        match result {
            Ok(()) => readable.push(picture),
            Err(error) => broken.push(error),
        }
    }
    if readable.is_empty() && !broken.is_empty() {
        return Err(broken.swap_remove(0));
    }
    Ok(Readable { pictures: readable, features: embed(model, &cache, device)?, broken })
}

fn warn_of_torn(cache: &PixelCache) {
    if let Some(sentence) = cache.torn() {
        eprintln!("warning: {sentence}");
    }
}

fn embed(model: &Model, cache: &PixelCache, device: &Device) -> Result<Tensor> {
    let bar = progress::bar("embedding", cache.len());
    let embedder = model.embedder()?;
    let features = features::encode_split(
        |images| embedder.embed(images),
        &model.config.image,
        cache,
        device,
        &|done, _all| bar.set_position(done as u64),
    )?;
    bar.finish_and_clear();
    Ok(features)
}
