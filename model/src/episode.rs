//! Episodes: N classes, K support and Q query images of each, drawn by seed.
//!
//! Only indices are drawn here. An episode is a function of (seed, number), so
//! any worker can make any of them, and every M of a hallucination sees the same.

mod evaluator;

pub(crate) use evaluator::rows;
pub use evaluator::{Evaluator, Outcome};

use rand::seq::index;

use crate::{Error, Result, rng::rng};

/// N ways, K shots, Q queries a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EpisodeShape {
    /// Classes in an episode, N.
    pub ways: usize,
    /// Support images of each class, K.
    pub shots: usize,
    /// Query images of each class, Q.
    pub queries: usize,
}

impl EpisodeShape {
    /// Images in an episode: N (K + Q).
    pub fn image_count(&self) -> usize {
        self.ways * (self.shots + self.queries)
    }
}

/// One episode, as indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    /// The N classes, each once.
    pub classes: Vec<usize>,
    /// `support[way][shot]`: an image of class `classes[way]`.
    pub support: Vec<Vec<usize>>,
    /// `query[way][i]`: an image of the same class, never in its support.
    pub query: Vec<Vec<usize>>,
}

/// Draws episodes of one shape from classes of given sizes.
#[derive(Clone, Debug)]
pub struct EpisodeSampler {
    class_sizes: Vec<usize>,
    shape: EpisodeShape,
    seed: u64,
}

impl EpisodeSampler {
    /// # Errors
    /// If there are fewer classes than ways, or a class has fewer images than
    /// shots and queries together, or a number of the shape is zero.
    pub fn new(class_sizes: Vec<usize>, shape: EpisodeShape, seed: u64) -> Result<Self> {
        let EpisodeShape { ways, shots, queries } = shape;
        for (what, count) in [
            ("the number of ways", ways),
            ("the number of shots", shots),
            ("the number of queries", queries),
        ] {
            if count == 0 {
                return Err(Error::Argument { what, actual: "0".into(), expected: "at least 1" });
            }
        }
        if class_sizes.len() < ways {
            return Err(Error::TooFewClasses { ways, classes: class_sizes.len() });
        }
        let smallest = class_sizes.iter().copied().min().unwrap_or(0);
        if smallest < shots + queries {
            return Err(Error::TooFewImages { images: smallest, shots, queries });
        }
        Ok(Self { class_sizes, shape, seed })
    }

    /// The shape of every episode.
    pub fn shape(&self) -> EpisodeShape {
        self.shape
    }

    /// Episode `number`; the same for the same seed, wherever it is drawn.
    pub fn episode(&self, number: u64) -> Episode {
        let EpisodeShape { ways, shots, queries } = self.shape;
        let mut rng = rng(self.seed, number);
        let classes = index::sample(&mut rng, self.class_sizes.len(), ways).into_vec();
        let mut support = Vec::with_capacity(ways);
        let mut query = Vec::with_capacity(ways);
        for &class in &classes {
            let mut images =
                index::sample(&mut rng, self.class_sizes[class], shots + queries).into_vec();
            query.push(images.split_off(shots));
            support.push(images);
        }
        Episode { classes, support, query }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const SHAPE: EpisodeShape = EpisodeShape { ways: 5, shots: 3, queries: 4 };

    #[test]
    fn an_episode_is_well_formed_and_repeats() -> Result<()> {
        let sizes: Vec<usize> = (7..20).collect();
        let sampler = EpisodeSampler::new(sizes.clone(), SHAPE, 11)?;
        for number in 0..200 {
            let episode = sampler.episode(number);
            assert_eq!(episode, sampler.episode(number));
            let classes: HashSet<_> = episode.classes.iter().collect();
            assert_eq!(classes.len(), 5);
            for (way, &class) in episode.classes.iter().enumerate() {
                let images: HashSet<_> =
                    episode.support[way].iter().chain(&episode.query[way]).collect();
                assert_eq!(images.len(), 7, "support and query are disjoint");
                assert!(images.iter().all(|&&image| image < sizes[class]));
            }
        }
        assert_ne!(sampler.episode(0), sampler.episode(1));
        Ok(())
    }

    #[test]
    fn every_class_and_image_is_drawn() -> Result<()> {
        let sampler = EpisodeSampler::new(vec![7; 6], SHAPE, 0)?;
        let drawn: HashSet<(usize, usize)> = (0..100)
            .map(|number| sampler.episode(number))
            .flat_map(|episode| {
                let pairs = episode.classes.into_iter().zip(episode.support);
                pairs
                    .flat_map(|(class, images)| images.into_iter().map(move |i| (class, i)))
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(drawn.len(), 42);
        Ok(())
    }

    #[test]
    fn impossible_shapes_are_refused() {
        let message = |sizes: Vec<usize>, shape| {
            EpisodeSampler::new(sizes, shape, 0).unwrap_err().to_string()
        };
        assert!(message(vec![20; 4], SHAPE).contains("5-way"));
        assert!(message(vec![20, 20, 20, 20, 6], SHAPE).contains("needs 7"));
        assert!(message(vec![20; 9], EpisodeShape { shots: 0, ..SHAPE }).contains("shots"));
    }
}
