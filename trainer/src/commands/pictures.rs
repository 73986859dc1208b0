//! Pictures to features for every command that needs them, with progress shown.

use anyhow::Result;
use candle_core::{Device, Tensor};
use fewshot::Model;

use crate::data::{Dataset, PixelCache, Side};
use crate::{features, progress};

/// Features of every picture of a data set, in its order.
///
/// # Shapes
/// Returns (images, D), f32, on `device`, which the model is on.
///
/// # Errors
/// Where a picture is broken or the device fails.
pub fn embed_dataset(model: &Model, dataset: &Dataset, device: &Device) -> Result<Tensor> {
    let config = &model.config.image;
    let bar = progress::bar("decoding", dataset.image_count());
    let cache = PixelCache::load(dataset, config, Side::Model, &|done, _all| {
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    let bar = progress::bar("embedding", cache.len());
    let embedder = model.embedder()?;
    let features = features::encode_split(
        |images| embedder.embed(images),
        config,
        &cache,
        device,
        &|done, _all| bar.set_position(done as u64),
    )?;
    bar.finish_and_clear();
    Ok(features)
}
