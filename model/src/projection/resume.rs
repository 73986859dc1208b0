//! Drawing t-SNE again after points came or went, without a jump.

use candle_core::Tensor;

use super::Tsne;
use crate::{Distance, Error, Result, rng};

/// Below this share of known places a fresh start sorts the picture better.
const KNOWN_SHARE: f32 = 0.5;
/// Newcomers start this far from their neighbour, relative to the picture's size.
const JITTER: f32 = 0.01;

impl Tsne {
    /// As [`Tsne::from_start`] where at least half of the points have a known
    /// place, else as [`Tsne::new`]. The others start beside the nearest known one.
    ///
    /// # Shapes
    /// - features: (n, D), f32
    /// - known: n places
    ///
    /// # Errors
    /// As [`Tsne::new`]; if there is not one entry for each row.
    pub fn resumed(
        features: &Tensor,
        perplexity: f32,
        seed: u64,
        known: &[Option<[f32; 2]>],
    ) -> Result<Self> {
        let (count, _dim) = features.dims2()?;
        if known.len() != count {
            return Err(Error::Argument {
                what: "the number of known places",
                actual: known.len().to_string(),
                expected: "one for each feature",
            });
        }
        let places: Vec<(usize, [f32; 2])> =
            known.iter().enumerate().filter_map(|(row, place)| Some((row, (*place)?))).collect();
        if places.is_empty() || (places.len() as f32) < KNOWN_SHARE * count as f32 {
            return Self::new(features, perplexity, seed);
        }
        let size = places.iter().flat_map(|(_, place)| place).fold(0f32, |m, v| m.max(v.abs()));
        let distances = Distance::L2.pairwise(features, features)?.to_vec2::<f32>()?;
        let jitter = rng::normal_values(&mut rng::rng(seed, 1), 2 * count);
        let jitter = jitter.as_chunks::<2>().0;
        let beside = |row: usize| {
            let nearest = places
                .iter()
                .min_by(|a, b| distances[row][a.0].total_cmp(&distances[row][b.0]))
                .map_or([0.0; 2], |(_, place)| *place);
            [0, 1].map(|axis| nearest[axis] + jitter[row][axis] * JITTER * size)
        };
        let start =
            known.iter().enumerate().map(|(row, place)| place.unwrap_or_else(|| beside(row)));
        Self::from_start(features, perplexity, start.collect())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn known_points_stay_and_newcomers_join_their_neighbours() -> Result<()> {
        let features = rng::normal(&mut rng::rng(0, 0), (6, 4), &Device::Cpu)?;
        // The last point is the second once more, but for a hair.
        let twin = (features.narrow(0, 1, 1)? + 1e-3)?;
        let features = Tensor::cat(&[features, twin], 0)?;
        let mut known: Vec<_> = (0..6).map(|i| Some([i as f32 - 3.0, 2.0 - i as f32])).collect();
        known.push(None);
        let resumed = Tsne::resumed(&features, 2.0, 0, &known)?;
        let places = resumed.positions();
        for (place, known) in places.iter().zip(&known[..6]) {
            assert_eq!(Some(*place), *known);
        }
        assert!((places[6][0] - places[1][0]).abs() < 0.3, "{places:?}");
        assert!((places[6][1] - places[1][1]).abs() < 0.3, "{places:?}");

        let fresh = Tsne::new(&features, 2.0, 0)?;
        let few = Tsne::resumed(&features, 2.0, 0, &[&known[..2], &[None; 5]].concat())?;
        assert_eq!(few.positions(), fresh.positions());
        assert!(Tsne::resumed(&features, 2.0, 0, &known[1..]).is_err());
        Ok(())
    }
}
