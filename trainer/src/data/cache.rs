//! Every picture of a split decoded once, held as `u8`.
//!
//! Decoding and resizing cost far more than what training does with a picture
//! afterwards, so both are done once, in parallel, with the page's own
//! [`fewshot::image::prepare`]. With `FEWSHOT_CACHE` set to a folder the result
//! is kept there too ([`super::disk_cache`]). Normalising and augmenting are not
//! here: they happen as batches are made.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use fewshot::config::ImageConfig;
use fewshot::image::prepare;
use rayon::prelude::*;

use super::{Dataset, ImageSource, disk_cache, torn};

/// Which square of each picture is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Exactly what the model sees: `size` pixels. For evaluation.
    Model,
    /// The square of `resize` pixels, before the crop: leaves augmentation room.
    Resized,
}

/// The pictures of one split as pixels, class after class.
#[derive(Debug)]
pub struct PixelCache {
    side: usize,
    channels: usize,
    /// Pictures of class `c` are `starts[c]..starts[c + 1]`.
    starts: Vec<usize>,
    /// `(images, side, side, channels)` row-major.
    pixels: Vec<u8>,
    /// Names of the pictures whose files end early.
    torn: Vec<String>,
}

/// Squares as they were decoded.
struct Decoding {
    pixels: Vec<u8>,
    /// For each picture whether it could be decoded; in order, so that the first error
    /// is the same on every run.
    results: Vec<Result<()>>,
    /// Names of the pictures whose files end early, in order.
    torn: Vec<String>,
}

impl PixelCache {
    /// Decodes a split, or reads it back from the cache on disk. `progress` is
    /// called with (pictures done, all pictures), from several threads.
    ///
    /// # Errors
    /// Where a picture is broken (the first in order is named), or the cache
    /// folder cannot be written.
    pub fn load(
        dataset: &Dataset,
        config: &ImageConfig,
        side: Side,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self> {
        let square = match side {
            Side::Model => config.clone(),
            Side::Resized => ImageConfig { size: config.resize, ..config.clone() },
        };
        let images: Vec<&ImageSource> =
            dataset.classes.iter().flat_map(|class| &class.images).collect();
        let image_bytes = square.size * square.size * square.channels;
        let mut starts = vec![0];
        for size in dataset.class_sizes() {
            starts.push(starts[starts.len() - 1] + size);
        }
        let (pixels, torn) = match disk_cache::Slot::find(&images, &square)? {
            None => decode_all(&images, &square, progress)?,
            Some(slot) => match slot.read(images.len() * image_bytes)? {
                Some(pixels) => (pixels, Vec::new()),
                None => {
                    let (pixels, torn) = decode_all(&images, &square, progress)?;
                    // Those that are torn are decoded anew each time, and said each time.
                    if torn.is_empty() {
                        slot.write(&pixels)?;
                    }
                    (pixels, torn)
                }
            },
        };
        Ok(Self { side: square.size, channels: square.channels, starts, pixels, torn })
    }

    /// Decodes pictures that belong to no class, as the model sees them: a cache of
    /// those that can be, and for each of `images` whether it could be.
    pub fn load_readable(
        images: &[&ImageSource],
        config: &ImageConfig,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> (Self, Vec<Result<()>>) {
        let Decoding { mut pixels, results, torn } = try_decode_all(images, config, progress);
        let image_bytes = config.size * config.size * config.channels;
        let mut kept = 0;
        for (image, _) in results.iter().enumerate().filter(|(_, result)| result.is_ok()) {
            let from = image * image_bytes;
            pixels.copy_within(from..from + image_bytes, kept * image_bytes);
            kept += 1;
        }
        pixels.truncate(kept * image_bytes);
        let (side, channels, starts) = (config.size, config.channels, vec![0, kept]);
        (Self { side, channels, starts, pixels, torn }, results)
    }

    /// A sentence about the pictures whose files end early, where there are any.
    #[must_use]
    pub fn torn(&self) -> Option<String> {
        torn::sentence(&self.torn)
    }

    /// Names of those pictures.
    #[must_use]
    pub fn torn_names(&self) -> &[String] {
        &self.torn
    }

    /// Side of the squares, pixels.
    #[must_use]
    pub fn side(&self) -> usize {
        self.side
    }

    /// 1 for grey, 3 for RGB.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Number of classes.
    #[must_use]
    pub fn class_count(&self) -> usize {
        self.starts.len() - 1
    }

    /// Pictures in each class: what an episode sampler needs.
    #[must_use]
    pub fn class_sizes(&self) -> Vec<usize> {
        self.starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// Number of pictures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// Whether there are no pictures.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Pictures of a class, counted over the whole split.
    #[must_use]
    pub fn class_range(&self, class: usize) -> Range<usize> {
        self.starts[class]..self.starts[class + 1]
    }

    /// The class of a picture counted over the whole split.
    #[must_use]
    pub fn class_of(&self, image: usize) -> usize {
        self.starts.partition_point(|&start| start <= image) - 1
    }

    /// One picture, counted over the whole split: `(side, side, channels)`.
    #[must_use]
    pub fn image(&self, image: usize) -> &[u8] {
        let bytes = self.side * self.side * self.channels;
        &self.pixels[image * bytes..(image + 1) * bytes]
    }
}

fn decode_all(
    images: &[&ImageSource],
    square: &ImageConfig,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<(Vec<u8>, Vec<String>)> {
    let Decoding { pixels, results, torn } = try_decode_all(images, square, progress);
    results.into_iter().collect::<Result<()>>()?;
    Ok((pixels, torn))
}

fn try_decode_all(
    images: &[&ImageSource],
    square: &ImageConfig,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Decoding {
    let image_bytes = square.size * square.size * square.channels;
    let mut pixels = vec![0; images.len() * image_bytes];
    let done = AtomicUsize::new(0);
    let decode = |(target, image): (&mut [u8], &&ImageSource)| -> Result<bool> {
        let decoded = image.decode(square.resize)?;
        let prepared = prepare(square, &decoded.pixels()?)
            .with_context(|| format!("{image} cannot be prepared for the model"))?;
        target.copy_from_slice(&prepared);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, images.len());
        Ok(decoded.is_torn())
    };
    let results: Vec<Result<bool>> =
        pixels.par_chunks_exact_mut(image_bytes.max(1)).zip(images).map(decode).collect();
    let torn = images.iter().zip(&results).filter(|(_, result)| matches!(result, Ok(true)));
    let torn = torn.map(|(image, _)| image.identity()).collect();
    Decoding { pixels, torn, results: results.into_iter().map(|result| result.map(drop)).collect() }
}
