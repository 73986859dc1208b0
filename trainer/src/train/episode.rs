//! What episodes through the encoder and episodes on features share: rows of an
//! episode, its seeds, and its scores.

use anyhow::Result;
use candle_core::Tensor;
use fewshot::episode::Episode;
use fewshot::hallucinator::noise;
use fewshot::rng::Rng;
use fewshot::{Generator, prototype};
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

/// Prototypes in training: `count` hallucinated features a class beside the
/// real ones, dropout on. Also gives the hallucinated features, (N, M, D).
pub(crate) fn imagine(
    generator: &Generator,
    support: &Tensor,
    count: usize,
    rng: &mut Rng,
) -> Result<(Tensor, Tensor)> {
    let (ways, _shots, dim) = support.dims3()?;
    let seeds = generator.seeds(support, |shots| rng.random_range(0..shots))?;
    let noise = noise(rng, ways, count, dim, support.device())?;
    let imagined = generator.hallucinate_train(&seeds, &noise, rng)?;
    let weight = generator.config().hallucinated_weight;
    Ok((prototype::with_hallucinated(support, &imagined, weight)?, imagined))
}
