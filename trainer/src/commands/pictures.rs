//! Pictures to features for every command that needs them, with progress shown.

use anyhow::{Context, Result};
use candle_core::{Device, Tensor};
use fewshot::Model;

use crate::data::{Dataset, Picture, PixelCache, Side, decoded, sentence_of_torn};
use crate::features;
use crate::progress::Progress;

/// Pictures whose pixels are held at once, however many there are.
const AT_A_TIME: usize = 256;

/// Features of every picture of a data set, in its order.
///
/// # Shapes
/// Returns (images, D), f32, on `device`, which the model is on.
///
/// # Errors
/// Where a picture is broken or the device fails.
pub fn embed_dataset(model: &Model, dataset: &Dataset, device: &Device) -> Result<Tensor> {
    let cache = decoded(dataset, &model.config.image, Side::Model, "decoding")?;
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
pub fn embed_readable(model: &Model, pictures: &[Picture], device: &Device) -> Result<Readable> {
    let (embedder, config) = (model.embedder()?, &model.config.image);
    let (mut readable, mut broken, mut torn) = (Vec::new(), Vec::new(), Vec::new());
    let mut parts = Vec::new();
    let progress = Progress::new("looking at pictures", pictures.len());
    for chunk in pictures.chunks(AT_A_TIME) {
        let sources: Vec<_> = chunk.iter().map(|picture| &picture.source).collect();
        let (cache, results) = PixelCache::load_readable(&sources, config, &|_done, _all| {});
        torn.extend_from_slice(cache.torn_names());
        let done = progress.done();
        if !cache.is_empty() {
            let embed = |images: &Tensor| embedder.embed(images);
            let advance = |more: usize| {
                progress.set(done + more);
                Ok(())
            };
            parts.push(features::encode_split(embed, config, &cache, device, &advance)?);
        }
        progress.set(done + chunk.len());
        for (picture, result) in chunk.iter().zip(results) {
            match result {
                Ok(()) => readable.push(picture.clone()),
                Err(error) => broken.push(error),
            }
        }
    }
    progress.finish();
    if let Some(sentence) = sentence_of_torn(&torn) {
        eprintln!("warning: {sentence}");
    }
    if readable.is_empty() && !broken.is_empty() {
        return Err(broken.swap_remove(0));
    }
    let features = Tensor::cat(&parts, 0).context("there are no pictures")?;
    Ok(Readable { pictures: readable, features, broken })
}

fn embed(model: &Model, cache: &PixelCache, device: &Device) -> Result<Tensor> {
    let progress = Progress::new("embedding", cache.len());
    let embedder = model.embedder()?;
    let features = features::encode_split(
        |images| embedder.embed(images),
        &model.config.image,
        cache,
        device,
        &|done| {
            progress.set(done);
            Ok(())
        },
    )?;
    progress.finish();
    Ok(features)
}
