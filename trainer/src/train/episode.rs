//! What episodes through the encoder and episodes on features share: rows of an
//! episode, and its support.

use anyhow::Result;
use candle_core::Tensor;
use fewshot::episode::Episode;
use fewshot::generator::noise;
use fewshot::rng::Rng;
use fewshot::{Generator, Support};
use rand::Rng as _;

use crate::data::PixelCache;

/// Support pictures, then query pictures, both way by way, counted over the split.
pub(super) fn images_of(episode: &Episode, cache: &PixelCache) -> Vec<usize> {
    let of = |images: &[Vec<usize>]| -> Vec<usize> {
        let ways = episode.classes.iter().zip(images);
        ways.flat_map(|(&class, images)| {
            let start = cache.class_range(class).start;
            images.iter().map(move |image| start + image)
        })
        .collect()
    };
    let mut all = of(&episode.support);
    all.extend(of(&episode.query));
    all
}

/// The support in training: `count` hallucinated features a class beside the
/// real ones, (N, K, D), dropout on, together counting `weight` real ones, or what
/// the generator says where that is none. Also gives the hallucinated ones, (N, M, D).
pub(crate) fn hallucinated_support(
    generator: &Generator,
    real: &Tensor,
    count: usize,
    weight: Option<f32>,
    rng: &mut Rng,
) -> Result<(Support, Tensor)> {
    let (ways, _shots, dim) = real.dims3()?;
    let seeds = generator.seeds(real, |shots| rng.random_range(0..shots))?;
    let noise = noise(rng, ways, count, dim, real.device())?;
    let made = generator.hallucinate_train(&seeds, &noise, rng)?;
    let weight = weight.or(generator.config().hallucinated_weight);
    Ok((Support::of_episode(real)?.with_hallucinated(&made, weight)?, made))
}
