//! Seeded randomness: every random number of the learner comes from here.
//!
//! ChaCha8 is portable, so the same seed gives the same episodes and the same
//! hallucinations natively and in the browser. Candle's own generators are not
//! used: on the CPU they cannot be seeded.

use candle_core::{Device, Shape, Tensor};
use rand::{Rng as _, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
#[cfg(not(target_arch = "wasm32"))]
use rayon::prelude::*;

use crate::Result;

/// Draws of a mask that are worth a thread's while.
const PART: usize = 1 << 14;

/// The generator used throughout.
pub type Rng = rand_chacha::ChaCha8Rng;

/// A generator for one purpose: `seed` is the user's, `stream` keeps purposes
/// (or episodes, or classes) independent of each other.
pub fn rng(seed: u64, stream: u64) -> Rng {
    let mut rng = Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// A stream for what `words` name, so that a thing keeps its randomness when
/// others come and go. The same on every host: FNV-1a, then SplitMix64's mixing.
pub fn stream_of(words: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for word in words {
        // 0xff occurs in no UTF-8 text, so ("ab", "c") and ("a", "bc") differ.
        for byte in word.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// `count` draws from the standard normal distribution.
pub fn normal_values(rng: &mut Rng, count: usize) -> Vec<f32> {
    (0..count).map(|_| StandardNormal.sample(rng)).collect()
}

/// A tensor of standard normal draws, f32, in row-major order of drawing.
pub fn normal(rng: &mut Rng, shape: impl Into<Shape>, device: &Device) -> Result<Tensor> {
    let shape = shape.into();
    let values = normal_values(rng, shape.elem_count());
    Ok(Tensor::from_vec(values, shape, device)?)
}

/// A tensor of uniform draws from `-bound..bound`, f32.
pub fn uniform(
    rng: &mut Rng,
    bound: f32,
    shape: impl Into<Shape>,
    device: &Device,
) -> Result<Tensor> {
    let shape = shape.into();
    let values: Vec<f32> =
        (0..shape.elem_count()).map(|_| (rng.random::<f32>() * 2.0 - 1.0) * bound).collect();
    Ok(Tensor::from_vec(values, shape, device)?)
}

/// A dropout mask: `1 / (1 - rate)` with probability `1 - rate`, else 0, f32. Drawn on all cores,
/// the same as one after the other.
pub fn dropout_mask(
    rng: &mut Rng,
    rate: f32,
    shape: impl Into<Shape>,
    device: &Device,
) -> Result<Tensor> {
    let shape = shape.into();
    let keep = 1.0 / (1.0 - rate);
    let mut values = vec![0.0; shape.elem_count()];
    // A draw takes one word of the stream, so each part knows where it begins.
    let begin = rng.get_word_pos();
    let draw = |(part, values): (usize, &mut [f32])| {
        let mut rng = rng.clone();
        rng.set_word_pos(begin + (part * PART) as u128);
        values.fill_with(|| if rng.random::<f32>() < rate { 0.0 } else { keep });
    };
    #[cfg(not(target_arch = "wasm32"))]
    values.par_chunks_mut(PART).enumerate().for_each(draw);
    #[cfg(target_arch = "wasm32")]
    values.chunks_mut(PART).enumerate().for_each(draw);
    rng.set_word_pos(begin + values.len() as u128);
    Ok(Tensor::from_vec(values, shape, device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_one_seed_differ_and_repeat() {
        let draw = |seed, stream| normal_values(&mut rng(seed, stream), 4);
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }

    #[test]
    fn words_make_streams_that_differ() {
        let streams = [&["ab", "c"][..], &["a", "bc"], &["abc"], &["c", "ab"], &[]];
        let distinct: std::collections::HashSet<_> =
            streams.iter().map(|words| stream_of(words)).collect();
        assert_eq!(distinct.len(), streams.len());
        assert_eq!(stream_of(&["ab", "c"]), stream_of(&["ab", "c"]));
    }

    #[test]
    fn masks_are_those_drawn_one_after_the_other() -> Result<()> {
        let (mut together, mut single) = (rng(3, 1), rng(3, 1));
        for count in [1, 5, 3 * PART + 7] {
            let mask = dropout_mask(&mut together, 0.25, count, &Device::Cpu)?.to_vec1::<f32>()?;
            let mut draw = || if single.random::<f32>() < 0.25 { 0.0 } else { 1.0 / 0.75 };
            let drawn: Vec<f32> = std::iter::repeat_with(&mut draw).take(count).collect();
            assert!(mask == drawn, "{count}");
        }
        assert_eq!(together.random::<u64>(), single.random::<u64>());
        Ok(())
    }

    #[test]
    fn dropout_keeps_the_mean() -> Result<()> {
        let mask = dropout_mask(&mut rng(0, 0), 0.5, 10_000, &Device::Cpu)?;
        let mean = mask.mean_all()?.to_scalar::<f32>()?;
        assert!((mean - 1.0).abs() < 0.05, "mean {mean}");
        Ok(())
    }
}
