//! What a head is fitted to: features with labels and weights.
//!
//! Real pictures, hallucinated features and (in transduction) queries of which
//! the class is only guessed all become rows of one table, so that a head needs
//! no case for any of them.

use candle_core::Tensor;

use crate::{
    Error, Result,
    kernels::arithmetic::{combine, mean_keepdim, sub},
    kernels::rows::join,
};

/// A weighted, labelled table of features.
#[derive(Clone, Debug)]
pub struct Support {
    /// (R, D)
    features: Tensor,
    /// For each row the share of it that belongs to each class, (R, N).
    labels: Vec<Vec<f32>>,
    /// What each row counts, a real picture counting 1; (R).
    weights: Vec<f32>,
    ways: usize,
}

impl Support {
    /// Real features, each counting 1.
    ///
    /// # Shapes
    /// - classes: N times (K, D), f32; K may differ, at least 1
    ///
    /// # Errors
    /// [`Error::NoExamples`] without classes; if D differs.
    pub fn new(classes: &[Tensor]) -> Result<Self> {
        if classes.is_empty() {
            return Err(Error::NoExamples);
        }
        let ways = classes.len();
        let mut labels = Vec::new();
        for (way, class) in classes.iter().enumerate() {
            labels.extend(std::iter::repeat_n(one_hot(way, ways), class.dims2()?.0));
        }
        let weights = vec![1.0; labels.len()];
        let features = join(classes)?;
        Ok(Self { features, labels, weights, ways })
    }

    /// Real features of an episode.
    ///
    /// # Shapes
    /// - support: (N, K, D)
    ///
    /// # Errors
    /// If `support` has another rank.
    pub fn of_episode(support: &Tensor) -> Result<Self> {
        let (ways, shots, dim) = support.dims3()?;
        let labels = (0..ways * shots).map(|row| one_hot(row / shots, ways)).collect();
        let features = support.reshape((ways * shots, dim))?;
        Ok(Self { features, labels, weights: vec![1.0; ways * shots], ways })
    }

    /// With M hallucinated features of each class.
    ///
    /// Without a weight each counts as a real one (Wang et al. 2018, section 4).
    /// With one, the M of a class together count as `weight` real features
    /// whatever M is, so that many hallucinations cannot swamp one picture.
    ///
    /// # Shapes
    /// - hallucinated: (N, M, D)
    ///
    /// # Errors
    /// If N or D differ.
    pub fn with_hallucinated(&self, hallucinated: &Tensor, weight: Option<f32>) -> Result<Self> {
        let (ways, count, dim) = hallucinated.dims3()?;
        if ways != self.ways {
            return Err(Error::Shape {
                name: "hallucinated features".into(),
                expected: (self.ways, count, dim).into(),
                actual: hallucinated.shape().clone(),
            });
        }
        if count == 0 {
            return Ok(self.clone());
        }
        let each = weight.map_or(1.0, |weight| weight / count as f32);
        let labels = (0..ways * count).map(|row| one_hot(row / count, ways)).collect();
        self.with_rows(&hallucinated.reshape((ways * count, dim))?, labels, each)
    }

    /// With further rows of which the class is known or guessed, all of one weight.
    ///
    /// # Shapes
    /// - features: (R, D), labels: (R, N)
    ///
    /// # Errors
    /// If D differs.
    pub fn with_rows(&self, features: &Tensor, labels: Vec<Vec<f32>>, weight: f32) -> Result<Self> {
        let mut all = self.clone();
        all.features = join([&self.features, features])?;
        all.weights.extend(std::iter::repeat_n(weight, labels.len()));
        all.labels.extend(labels);
        Ok(all)
    }

    /// The same rows moved by `-offset`, (1, D).
    ///
    /// # Errors
    /// If D differs.
    pub fn moved(&self, offset: &Tensor) -> Result<Self> {
        Ok(Self { features: sub(&self.features, offset)?, ..self.clone() })
    }

    /// Classes, N.
    pub fn ways(&self) -> usize {
        self.ways
    }

    /// (R, D).
    pub fn features(&self) -> &Tensor {
        &self.features
    }

    /// What each row counts, (R).
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The roots of the weights, (R): rows of a least squares problem times these
    /// count as much as their weights say.
    pub fn root_weights(&self) -> Vec<f32> {
        self.weights.iter().map(|weight| weight.sqrt()).collect()
    }

    /// The share of each row that belongs to each class, R rows of N.
    pub fn labels(&self) -> &[Vec<f32>] {
        &self.labels
    }

    /// The weighted mean of each class, (N, D): its prototype (Snell et al.
    /// 2017, equation 1, with weights).
    ///
    /// # Errors
    /// If a tensor operation fails.
    pub fn means(&self) -> Result<Tensor> {
        let (rows, _dim) = self.features.dims2()?;
        let mut shares = vec![0.0f32; self.ways * rows];
        for (way, shares) in shares.chunks_exact_mut(rows.max(1)).enumerate() {
            let counted = self.labels.iter().zip(&self.weights);
            shares.iter_mut().zip(counted).for_each(|(share, (label, w))| *share = label[way] * w);
            let total: f64 = shares.iter().map(|share| f64::from(*share)).sum();
            shares.iter_mut().for_each(|share| *share = (f64::from(*share) / total) as f32);
        }
        let shares = Tensor::from_vec(shares, (self.ways, rows), self.features.device())?;
        combine(&shares, &self.features)
    }

    /// The mean over classes of their means, (1, D): where an episode's features
    /// lie as a whole, whatever the shots of each class.
    ///
    /// # Errors
    /// If a tensor operation fails.
    pub fn centre(&self) -> Result<Tensor> {
        mean_keepdim(&self.means()?, 0)
    }

    /// Labels as a tensor beside the features, (R, N).
    ///
    /// # Errors
    /// If a tensor operation fails.
    pub fn label_table(&self) -> Result<Tensor> {
        let flat: Vec<f32> = self.labels.iter().flatten().copied().collect();
        let shape = (self.labels.len(), self.ways);
        Ok(Tensor::from_vec(flat, shape, self.features.device())?)
    }
}

fn one_hot(way: usize, ways: usize) -> Vec<f32> {
    let mut row = vec![0.0; ways];
    row[way] = 1.0;
    row
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn class(features: &[f32]) -> Tensor {
        Tensor::from_slice(features, (1, features.len(), 1), &Device::Cpu).unwrap()
    }

    #[test]
    fn hallucinations_count_as_real_ones_unless_weighted() -> Result<()> {
        let (real, hallucinated) = (class(&[1.0, 3.0]), class(&[6.0, 8.0, 10.0]));
        let value = |weight| -> Result<f32> {
            let support = Support::of_episode(&real)?.with_hallucinated(&hallucinated, weight)?;
            Ok(support.means()?.flatten_all()?.to_vec1::<f32>()?[0])
        };
        assert!((value(None)? - 28.0 / 5.0).abs() < 1e-6);
        assert!((value(Some(2.0))? - 5.0).abs() < 1e-6);
        assert!((value(Some(0.0))? - 2.0).abs() < 1e-6);
        Ok(())
    }

    #[test]
    fn classes_of_different_sizes_keep_their_own_means() -> Result<()> {
        let rows = |values: &[f32]| Tensor::from_slice(values, (values.len(), 1), &Device::Cpu);
        let support = Support::new(&[rows(&[1.0, 2.0, 3.0])?, rows(&[10.0])?])?;
        assert_eq!(support.means()?.to_vec2::<f32>()?, [[2.0], [10.0]]);
        assert_eq!(support.centre()?.to_vec2::<f32>()?, [[6.0]]);
        assert!(Support::new(&[]).is_err());
        Ok(())
    }

    #[test]
    fn a_guessed_row_counts_by_its_share() -> Result<()> {
        let support = Support::of_episode(&Tensor::new(&[[[0f32]], [[4.0]]], &Device::Cpu)?)?;
        let guessed = Tensor::new(&[[2f32]], &Device::Cpu)?;
        let support = support.with_rows(&guessed, vec![vec![1.0, 0.0]], 1.0)?;
        assert_eq!(support.means()?.to_vec2::<f32>()?, [[1.0], [4.0]]);
        Ok(())
    }
}
