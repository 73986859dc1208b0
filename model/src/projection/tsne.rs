//! Exact t-SNE (van der Maaten and Hinton 2008), a step at a time.

use candle_core::Tensor;

use super::{affinity, pca_2d};
use crate::{Distance, Error, Result, rng};

/// Neighbours attract this much more in the first steps, so that clusters form
/// before they are pushed apart.
const EXAGGERATION: f32 = 12.0;
/// Steps with exaggeration and the lower momentum.
const EXAGGERATED_STEPS: usize = 250;
const EARLY_MOMENTUM: f32 = 0.5;
const MOMENTUM: f32 = 0.8;
/// The slowest a coordinate's own rate may become.
const MIN_GAIN: f32 = 0.01;
/// The furthest a point goes in one step, as in openTSNE: a point that many pull at once would
/// shoot out of the picture, and nothing fetches it back from there.
const MAX_STEP: f32 = 5.0;
/// Deviation of the start; small, so that exaggeration can still sort it out.
const START_DEVIATION: f32 = 1e-4;

/// A t-SNE picture in the making.
#[derive(Clone, Debug)]
pub struct Tsne {
    /// (n, n) symmetric, sum 1.
    affinities: Vec<f32>,
    positions: Vec<[f32; 2]>,
    velocities: Vec<[f32; 2]>,
    gains: Vec<[f32; 2]>,
    /// Student-t weights of the pairs, (n, n): kept to save allocating each step.
    weights: Vec<f32>,
    steps: usize,
    exaggerated_until: usize,
}

impl Tsne {
    /// Prepares a picture that starts from the principal components, jittered by
    /// `seed` so that equal features do not stay on one spot for ever.
    /// `perplexity`, about how many neighbours a point has, is lowered where
    /// there are fewer than three times as many points.
    ///
    /// # Shapes
    /// - features: (n, D), f32
    ///
    /// # Errors
    /// If `features` has another rank or is not finite, or `perplexity` is not above 0.
    pub fn new(features: &Tensor, perplexity: f32, seed: u64) -> Result<Self> {
        let mut start = pca_2d(features)?;
        let variance = start.iter().map(|p| p[0] * p[0]).sum::<f32>() / start.len().max(1) as f32;
        let scale = if variance > 0.0 { START_DEVIATION / variance.sqrt() } else { 0.0 };
        let jitter = rng::normal_values(&mut rng::rng(seed, 0), 2 * start.len());
        for (point, jitter) in start.iter_mut().zip(jitter.as_chunks::<2>().0) {
            for axis in 0..2 {
                point[axis] = point[axis] * scale + jitter[axis] * START_DEVIATION * 0.01;
            }
        }
        Self::prepare(features, perplexity, start, EXAGGERATED_STEPS)
    }

    /// Prepares a picture that goes on from an earlier one, without
    /// exaggeration: for points added or moved in a live drawing.
    ///
    /// # Errors
    /// As [`Self::new`]; if there is not one start for each row.
    pub fn from_start(features: &Tensor, perplexity: f32, start: Vec<[f32; 2]>) -> Result<Self> {
        if start.len() != features.dims2()?.0 || start.as_flattened().iter().any(|v| !v.is_finite())
        {
            return Err(Error::Argument {
                what: "the start of the picture",
                actual: format!("{} points", start.len()),
                expected: "one finite point for each feature",
            });
        }
        Self::prepare(features, perplexity, start, 0)
    }

    fn prepare(
        features: &Tensor,
        perplexity: f32,
        positions: Vec<[f32; 2]>,
        exaggerated_until: usize,
    ) -> Result<Self> {
        // Written so that NaN fails too.
        if !(perplexity > 0.0 && perplexity.is_finite()) {
            return Err(Error::Argument {
                what: "the perplexity",
                actual: perplexity.to_string(),
                expected: "a number above 0",
            });
        }
        let count = positions.len();
        let squared = if count == 0 {
            Vec::new()
        } else {
            Distance::L2.pairwise(features, features)?.to_vec2::<f32>()?
        };
        let possible = (count.saturating_sub(1) as f64 / 3.0).max(1.0);
        let affinities = affinity::joint(&squared, f64::from(perplexity).min(possible).max(1.0));
        Ok(Self {
            affinities,
            velocities: vec![[0.0; 2]; count],
            gains: vec![[1.0; 2]; count],
            weights: vec![0.0; count * count],
            positions,
            steps: 0,
            exaggerated_until,
        })
    }

    /// Takes `count` steps of gradient descent.
    pub fn step(&mut self, count: usize) {
        if self.positions.len() < 2 {
            return;
        }
        for _ in 0..count {
            self.step_once();
        }
    }

    /// Where the points are, in the order of the features.
    pub fn positions(&self) -> &[[f32; 2]] {
        &self.positions
    }

    /// How many steps were taken.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Kullback-Leibler divergence of the picture from the features, which the
    /// steps after the exaggerated ones lower.
    pub fn divergence(&self) -> f64 {
        let count = self.positions.len();
        let weight = |i: usize, j: usize| {
            let [x, y] = [0, 1].map(|k| self.positions[i][k] - self.positions[j][k]);
            1.0 / (1.0 + f64::from(x * x + y * y))
        };
        let pairs = || (0..count * count).map(|p| (p / count, p % count)).filter(|(i, j)| i != j);
        let total: f64 = pairs().map(|(i, j)| weight(i, j)).sum();
        pairs()
            .map(|(i, j)| (f64::from(self.affinities[i * count + j]), weight(i, j) / total))
            .filter(|(p, _)| *p > 0.0)
            .map(|(p, q)| p * (p / q).ln())
            .sum()
    }

    fn step_once(&mut self) {
        let count = self.positions.len();
        let early = self.steps < self.exaggerated_until;
        let exaggeration = if early { EXAGGERATION } else { 1.0 };
        let momentum = if early { EARLY_MOMENTUM } else { MOMENTUM };
        // The rate of Belkina et al. 2019, as scikit-learn's "auto".
        let rate = (count as f32 / EXAGGERATION / 4.0).max(50.0);

        let mut total = 0.0;
        for (row, &[x, y]) in self.weights.chunks_exact_mut(count).zip(&self.positions) {
            for (weight, other) in row.iter_mut().zip(&self.positions) {
                let (dx, dy) = (x - other[0], y - other[1]);
                *weight = 1.0 / (1.0 + dx * dx + dy * dy);
            }
            // A row in f32, the rows in f64: n² terms would lose digits.
            total += f64::from(row.iter().sum::<f32>());
        }
        // The diagonal's weights are 1 and no pairs.
        let inverse = (1.0 / (total - count as f64).max(f64::MIN_POSITIVE)) as f32;

        let rows = self.weights.chunks_exact(count).zip(self.affinities.chunks_exact(count));
        let states = self.velocities.iter_mut().zip(&mut self.gains);
        for ((point, (weights, affinities)), (velocity, gain)) in
            self.positions.iter().zip(rows).zip(states)
        {
            let mut gradient = [0.0f32; 2];
            for ((other, weight), affinity) in self.positions.iter().zip(weights).zip(affinities) {
                let pull = (exaggeration * affinity - weight * inverse) * weight;
                gradient[0] += pull * (point[0] - other[0]);
                gradient[1] += pull * (point[1] - other[1]);
            }
            for axis in 0..2 {
                let gradient = 4.0 * gradient[axis];
                let turned = gradient * velocity[axis] > 0.0;
                gain[axis] = if turned { gain[axis] * 0.8 } else { gain[axis] + 0.2 };
                gain[axis] = gain[axis].max(MIN_GAIN);
                velocity[axis] = momentum * velocity[axis] - rate * gain[axis] * gradient;
            }
            let length = velocity[0].hypot(velocity[1]);
            if length > MAX_STEP {
                *velocity = velocity.map(|axis| axis * (MAX_STEP / length));
            }
        }
        let mut middle = [0.0f32; 2];
        for (point, velocity) in self.positions.iter_mut().zip(&self.velocities) {
            for axis in 0..2 {
                point[axis] += velocity[axis];
                middle[axis] += point[axis] / count as f32;
            }
        }
        for point in &mut self.positions {
            point[0] -= middle[0];
            point[1] -= middle[1];
        }
        self.steps += 1;
    }
}

/// The picture after `iterations` steps of [`Tsne`]; 500 to 1000 settle it.
///
/// # Shapes
/// - features: (n, D), f32
/// - output: n points, in the order of the rows
///
/// # Errors
/// As [`Tsne::new`].
pub fn tsne_2d(
    features: &Tensor,
    perplexity: f32,
    seed: u64,
    iterations: usize,
) -> Result<Vec<[f32; 2]>> {
    let mut picture = Tsne::new(features, perplexity, seed)?;
    picture.step(iterations);
    Ok(picture.positions)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn no_point_shoots_out_of_the_picture() -> Result<()> {
        let (positions, wild) = (vec![[0.0, 0.0], [1e3, 0.0], [0.0, 1e3]], vec![[1e4, -1e4]; 3]);
        let features = Tensor::new(&[[0f32, 0.0], [0.1, 0.0], [0.0, 0.1]], &Device::Cpu)?;
        let mut picture = Tsne::from_start(&features, 1.0, positions)?;
        picture.velocities = wild;
        picture.step(1);
        for velocity in &picture.velocities {
            assert!(velocity[0].hypot(velocity[1]) < 1.001 * MAX_STEP, "{velocity:?}");
        }
        Ok(())
    }

    /// Four clusters of 15 points in 20 dimensions.
    fn clusters() -> Tensor {
        let noise = rng::normal_values(&mut rng::rng(4, 0), 60 * 20);
        let rows = noise.chunks(20).enumerate().flat_map(|(i, row)| {
            row.iter().enumerate().map(move |(d, v)| v + if d % 4 == i / 15 { 6.0 } else { 0.0 })
        });
        Tensor::from_vec(rows.collect::<Vec<_>>(), (60, 20), &Device::Cpu).unwrap()
    }

    #[test]
    fn clusters_come_apart() -> Result<()> {
        let drawn = tsne_2d(&clusters(), 10.0, 1, 500)?;
        let distance =
            |i: usize, j: usize| (drawn[i][0] - drawn[j][0]).hypot(drawn[i][1] - drawn[j][1]);
        for i in 0..60 {
            let nearest = (0..60)
                .filter(|j| *j != i)
                .min_by(|a, b| distance(i, *a).total_cmp(&distance(i, *b)))
                .unwrap();
            assert_eq!(nearest / 15, i / 15, "point {i} lies with {nearest}");
        }
        Ok(())
    }

    #[test]
    fn the_divergence_falls_and_the_seed_decides() -> Result<()> {
        let mut picture = Tsne::new(&clusters(), 10.0, 1)?;
        let start = picture.divergence();
        picture.step(EXAGGERATED_STEPS + 50);
        let middle = picture.divergence();
        picture.step(300);
        let end = picture.divergence();
        assert!(end <= middle + 1e-3 && end < 0.5 * start, "{start} {middle} {end}");
        assert_eq!(picture.steps(), EXAGGERATED_STEPS + 350);

        let mut again = Tsne::new(&clusters(), 10.0, 1)?;
        again.step(EXAGGERATED_STEPS + 350);
        assert_eq!(again.positions(), picture.positions());
        Ok(())
    }

    #[test]
    fn going_on_from_a_picture_keeps_it() -> Result<()> {
        let features = clusters();
        let settled = tsne_2d(&features, 10.0, 1, 800)?;
        let mut picture = Tsne::from_start(&features, 10.0, settled.clone())?;
        picture.step(50);
        let size = settled.as_flattened().iter().fold(0f32, |m, v| m.max(v.abs()));
        for (a, b) in settled.iter().zip(picture.positions()) {
            assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 0.25 * size, "{a:?} {b:?}");
        }
        assert!(Tsne::from_start(&features, 10.0, vec![[0.0; 2]; 3]).is_err());
        Ok(())
    }

    #[test]
    fn a_handful_of_points_and_equal_points_stay_finite() -> Result<()> {
        for count in 0..5 {
            let features = Tensor::ones((count, 3), candle_core::DType::F32, &Device::Cpu)?;
            let drawn = tsne_2d(&features, 30.0, 0, 100)?;
            assert_eq!(drawn.len(), count);
            assert!(drawn.as_flattened().iter().all(|v| v.is_finite()), "{drawn:?}");
        }
        assert!(tsne_2d(&clusters(), 0.0, 0, 1).is_err());
        assert!(tsne_2d(&clusters(), f32::NAN, 0, 1).is_err());
        Ok(())
    }
}
