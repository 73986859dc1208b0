//! Cached pixels to normalised batches, and a thread that makes the next ones
//! while the present one is learned from.
//!
//! A batch is a function of its number, so training can go on at any step. What
//! a batch consists of is the training stages' affair.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use fewshot::config::ImageConfig;
use fewshot::image::normalise_into;
use fewshot::rng::rng;
use rayon::prelude::*;

use crate::augment::Augment;
use crate::data::PixelCache;

/// Batches kept ready.
const AHEAD: usize = 2;

/// Pictures as the encoder's input, exactly as in evaluation: where the cache
/// holds larger squares, their middle.
///
/// # Shapes
/// Returns `(images, C, S, S)` row-major, `f32`.
///
/// # Errors
/// If the cache was made for other channels or smaller squares.
pub fn assemble(config: &ImageConfig, cache: &PixelCache, images: &[usize]) -> Result<Vec<f32>> {
    let length = config.size * config.size * config.channels;
    let mut out = vec![0.0; images.len() * length];
    let mut middle = Vec::with_capacity(length);
    for (&image, target) in images.iter().zip(out.chunks_exact_mut(length)) {
        let square = cache.image(image);
        if cache.side() == config.size {
            normalise_into(config, square, target)?;
        } else {
            crop_middle(square, cache.side(), config, &mut middle);
            normalise_into(config, &middle, target)?;
        }
    }
    Ok(out)
}

/// The middle `size` pixels, placed as [`fewshot::image::prepare`] places them.
fn crop_middle(square: &[u8], side: usize, config: &ImageConfig, out: &mut Vec<u8>) {
    let start = fewshot::image::centre(side, config.size);
    out.clear();
    for row in start..start + config.size {
        let first = (row * side + start) * config.channels;
        out.extend_from_slice(&square[first..first + config.size * config.channels]);
    }
}

/// Varied pictures as the encoder's input. Picture `i` draws from stream `i` of
/// `seed`, whatever the others are.
///
/// With `in_parallel` on all cores, for a GPU that would wait; where the cores
/// train, they have better to do.
///
/// # Shapes
/// Returns `(images, C, S, S)` row-major, `f32`.
#[must_use]
pub fn assemble_varied(
    config: &ImageConfig,
    cache: &PixelCache,
    images: &[usize],
    augment: &Augment,
    seed: u64,
    in_parallel: bool,
) -> Vec<f32> {
    let length = config.size * config.size * config.channels;
    let mut out = vec![0.0; images.len() * length];
    let vary = |(index, (&image, target)): (usize, (&usize, &mut [f32]))| {
        let mut draws = rng(seed, index as u64);
        augment.apply(config, cache.image(image), cache.side(), &mut draws, target);
    };
    if in_parallel {
        images.par_iter().zip(out.par_chunks_exact_mut(length)).enumerate().for_each(vary);
    } else {
        images.iter().zip(out.chunks_exact_mut(length)).enumerate().for_each(vary);
    }
    out
}

/// Things made ahead on a thread of their own, in order.
#[derive(Debug)]
pub struct Ahead<T> {
    receiver: Option<Receiver<Result<T>>>,
    maker: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Ahead<T> {
    /// Makes `make(step)` for each of `steps`, a few ahead of where they are taken.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn start(
        steps: std::ops::Range<usize>,
        make: impl Fn(usize) -> Result<T> + Send + 'static,
    ) -> Result<Self> {
        let (sender, receiver) = sync_channel(AHEAD);
        let maker = std::thread::Builder::new()
            .name("batches".into())
            .spawn(move || {
                for step in steps {
                    // The receiver is gone when training has ended early.
                    if sender.send(make(step)).is_err() {
                        break;
                    }
                }
            })
            .context("cannot start a thread for making batches")?;
        Ok(Self { receiver: Some(receiver), maker: Some(maker) })
    }

    /// The next one, waiting for it where it is not ready.
    ///
    /// # Errors
    /// What making it failed with, or that there are no more.
    pub fn take(&mut self) -> Result<T> {
        let receiver = self.receiver.as_ref().context("the batches were stopped")?;
        receiver.recv().map_err(|_| anyhow!("there are no more batches"))?
    }
}

impl<T> Drop for Ahead<T> {
    fn drop(&mut self) {
        self.receiver = None;
        if let Some(maker) = self.maker.take() {
            // A panic there was already reported by the thread itself.
            let _ = maker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_ahead_comes_in_order_and_can_be_left() -> Result<()> {
        let mut ahead = Ahead::start(5..1000, |step| Ok(step * 2))?;
        assert_eq!((ahead.take()?, ahead.take()?), (10, 12));
        drop(ahead);
        let mut short = Ahead::start(0..1, |_| Err::<(), _>(anyhow!("torn")))?;
        assert_eq!(short.take().unwrap_err().to_string(), "torn");
        assert!(short.take().is_err());
        Ok(())
    }
}
