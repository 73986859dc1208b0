//! Decoding a data set, with what whoever waits for it must know.

use anyhow::Result;
use fewshot::config::ImageConfig;

use super::{Dataset, PixelCache, Side};
use crate::progress::Progress;

/// Decodes it as [`PixelCache::load`] does; tells how far that is, which is called `what`, and
/// then of pictures whose files end early.
///
/// # Errors
/// As [`PixelCache::load`].
pub fn decoded(
    dataset: &Dataset,
    image: &ImageConfig,
    side: Side,
    what: &str,
) -> Result<PixelCache> {
    let progress = Progress::new(what, dataset.image_count());
    let cache = PixelCache::load(dataset, image, side, &|done, _all| progress.set(done))?;
    progress.finish();
    if let Some(sentence) = cache.torn() {
        eprintln!("warning: {sentence}");
    }
    Ok(cache)
}
