//! Episodes: N classes, K support and Q query images of each, drawn by seed.
//!
//! Only indices are drawn here. An episode is a function of (seed, number), so
//! any worker can make any of them, and every M of a hallucination sees the same.

mod evaluator;
#[cfg(test)]
mod statistics;

pub(crate) use evaluator::rows;
pub use evaluator::{Evaluator, Outcome};

use rand::{Rng as _, seq::index};
use rand_distr::{Distribution, Gamma};

use crate::{
    Error, Result,
    rng::{Rng, rng},
};

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
    /// Of the Dirichlet distribution of class shares, where those are unequal.
    concentration: Option<f32>,
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
        Ok(Self { class_sizes, shape, seed, concentration: None })
    }

    /// The same number of queries an episode, N Q, but not Q of each class: the
    /// shares of the classes are drawn from a symmetric Dirichlet distribution
    /// (Veilleux et al. 2021, "Realistic evaluation of transductive few-shot
    /// learning", section 3). A class has no more queries than pictures.
    ///
    /// # Errors
    /// If the concentration is not above 0.
    pub fn with_unequal_queries(mut self, concentration: f32) -> Result<Self> {
        if !(concentration.is_finite() && concentration > 0.0) {
            return Err(Error::Argument {
                what: "the concentration of class shares",
                actual: concentration.to_string(),
                expected: "a number above 0",
            });
        }
        self.concentration = Some(concentration);
        Ok(self)
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
        let counts = match self.concentration {
            None => vec![queries; ways],
            Some(concentration) => self.unequal(&classes, concentration, &mut rng),
        };
        let mut support = Vec::with_capacity(ways);
        let mut query = Vec::with_capacity(ways);
        for (&class, queries) in classes.iter().zip(counts) {
            let mut images =
                index::sample(&mut rng, self.class_sizes[class], shots + queries).into_vec();
            query.push(images.split_off(shots));
            support.push(images);
        }
        Episode { classes, support, query }
    }

    /// How many queries each class has: each of N Q goes to a class by the drawn
    /// shares, as long as that class has pictures left.
    fn unequal(&self, classes: &[usize], concentration: f32, rng: &mut Rng) -> Vec<usize> {
        let EpisodeShape { ways, shots, queries } = self.shape;
        let left = |way: usize| self.class_sizes[classes[way]] - shots;
        // Gamma draws over their sum are a Dirichlet draw. The concentration is
        // above 0, for which the distribution exists.
        let shares: Vec<f32> = match Gamma::new(concentration, 1.0) {
            Ok(gamma) => (0..ways).map(|_| gamma.sample(rng)).collect(),
            Err(_) => vec![1.0; ways],
        };
        let mut counts = vec![0; ways];
        for _ in 0..ways * queries {
            let open: Vec<usize> = (0..ways).filter(|&way| counts[way] < left(way)).collect();
            let total: f32 = open.iter().map(|&way| shares[way]).sum();
            let mut point = rng.random::<f32>() * total;
            let drawn = open.iter().find(|&&way| {
                point -= shares[way];
                point <= 0.0
            });
            if let Some(&way) = drawn.or(open.last()) {
                counts[way] += 1;
            }
        }
        counts
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
    fn unequal_queries_are_as_many_and_never_more_than_a_class_has() -> Result<()> {
        let sampler = EpisodeSampler::new(vec![9; 8], SHAPE, 3)?.with_unequal_queries(2.0)?;
        let mut unequal = 0;
        for number in 0..100 {
            let episode = sampler.episode(number);
            assert_eq!(episode, sampler.episode(number));
            let counts: Vec<usize> = episode.query.iter().map(Vec::len).collect();
            assert_eq!(counts.iter().sum::<usize>(), 5 * 4, "{counts:?}");
            assert!(counts.iter().all(|count| *count <= 9 - 3), "{counts:?}");
            unequal += usize::from(counts.iter().any(|count| *count != 4));
        }
        assert!(unequal > 90, "{unequal}");
        let even = EpisodeSampler::new(vec![9; 8], SHAPE, 3)?;
        assert!(even.with_unequal_queries(0.0).is_err());
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
