//! How features of one class vary: the covariance within classes, its
//! directions, and what is made of it: a whitening and noise.

use anyhow::Result;
use candle_core::{Device, Tensor};
use fewshot::{Parameters, generator, transform};
use nalgebra::{DMatrix, SymmetricEigen};

/// Eigenvalues and eigenvectors of a covariance, the largest first.
pub(super) struct Spectrum {
    values: Vec<f64>,
    /// An eigenvector each, (D).
    vectors: Vec<Vec<f32>>,
}

impl Spectrum {
    /// Of features about the mean of their class, pooled over the classes.
    ///
    /// # Shapes
    /// - classes: for each class (K, D), f32
    pub fn within_classes(classes: &[Tensor]) -> Result<Self> {
        let mut about = Vec::with_capacity(classes.len());
        for class in classes {
            about.push(class.broadcast_sub(&class.mean_keepdim(0)?)?);
        }
        let about = Tensor::cat(&about, 0)?;
        let (rows, dim) = about.dims2()?;
        let degrees = rows.saturating_sub(classes.len()).max(1);
        let products = about.t()?.contiguous()?.matmul(&about)?;
        let products = products.to_device(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
        let covariance = products.iter().map(|value| f64::from(*value) / degrees as f64);
        let eigen = SymmetricEigen::new(DMatrix::from_iterator(dim, dim, covariance));
        let mut order: Vec<usize> = (0..dim).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let vector = |column: &usize| {
            eigen.eigenvectors.column(*column).iter().map(|value| *value as f32).collect()
        };
        Ok(Self {
            values: order.iter().map(|index| eigen.eigenvalues[*index].max(0.0)).collect(),
            vectors: order.iter().map(vector).collect(),
        })
    }

    /// The transform `whiten`'s tensors: the covariance shrunk towards its mean
    /// variance by `shrinkage`, to the power −1/2, up to a factor, in its `rank`
    /// widest directions.
    pub fn whitening(&self, shrinkage: f32, rank: usize, device: &Device) -> Result<Parameters> {
        let shrunk = self.shrunk(f64::from(shrinkage));
        let rest = mean(&shrunk[rank..]);
        let gains = shrunk[..rank].iter().map(|value| ((rest / value).sqrt() - 1.0) as f32);
        let mut parameters = Parameters::default();
        parameters.insert(transform::BASIS, self.basis(rank, device)?);
        parameters.insert(transform::GAINS, Tensor::from_iter(gains, device)?);
        Ok(parameters)
    }

    /// The generator `covariance`'s tensors.
    pub fn noise(&self, rank: usize, device: &Device) -> Result<Parameters> {
        let mut parameters = Parameters::default();
        if rank > 0 {
            let deviations = self.values[..rank].iter().map(|value| value.sqrt() as f32);
            parameters.insert(generator::BASIS, self.basis(rank, device)?);
            parameters.insert(generator::DEVIATIONS, Tensor::from_iter(deviations, device)?);
        }
        let rest = mean(&self.values[rank..]).sqrt() as f32;
        parameters.insert(generator::REST, Tensor::new(&[rest], device)?);
        Ok(parameters)
    }

    fn shrunk(&self, shrinkage: f64) -> Vec<f64> {
        let target = mean(&self.values).max(f64::MIN_POSITIVE);
        self.values.iter().map(|value| (1.0 - shrinkage) * value + shrinkage * target).collect()
    }

    fn basis(&self, rank: usize, device: &Device) -> Result<Tensor> {
        let rows: Vec<f32> = self.vectors[..rank].iter().flatten().copied().collect();
        Ok(Tensor::from_vec(rows, (rank, self.vectors.len()), device)?)
    }
}

/// The mean; of nothing, as where every direction is kept, any value serves: 1.
fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 1.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

#[cfg(test)]
mod tests {
    use fewshot::rng::{normal, rng};

    use super::*;

    /// Three far-apart classes that vary most along the first axis.
    fn classes() -> Result<Vec<Tensor>> {
        let scales = Tensor::new(&[[8f32, 2.0, 1.0, 1.0]], &Device::Cpu)?;
        let class = |class: u64| -> Result<Tensor> {
            let drawn = normal(&mut rng(5, class), (4000, 4), &Device::Cpu)?;
            Ok((drawn.broadcast_mul(&scales)? + 100.0 * class as f64)?)
        };
        (0..3).map(class).collect()
    }

    #[test]
    fn classes_far_apart_do_not_widen_the_covariance_within_them() -> Result<()> {
        let spectrum = Spectrum::within_classes(&classes()?)?;
        for (value, expected) in spectrum.values.iter().zip([64.0, 4.0, 1.0, 1.0]) {
            assert!((value / expected - 1.0).abs() < 0.1, "{:?}", spectrum.values);
        }
        assert!(spectrum.vectors[0][0].abs() > 0.99);
        Ok(())
    }

    #[test]
    fn whitened_features_vary_alike_in_every_direction() -> Result<()> {
        let spectrum = Spectrum::within_classes(&classes()?)?;
        let whitening = spectrum.whitening(0.0, 2, &Device::Cpu)?;
        let gains = whitening.find(transform::GAINS).unwrap().to_vec1::<f32>()?;
        assert!((gains[0] - (1.0 / 8.0 - 1.0)).abs() < 0.02, "{gains:?}");
        assert!((gains[1] - (1.0 / 2.0 - 1.0)).abs() < 0.05, "{gains:?}");
        let shrunk = spectrum.whitening(1.0, 2, &Device::Cpu)?;
        let gains = shrunk.find(transform::GAINS).unwrap().to_vec1::<f32>()?;
        assert!(gains.iter().all(|gain| gain.abs() < 1e-6), "wholly shrunk: {gains:?}");
        Ok(())
    }

    #[test]
    fn noise_has_the_deviations_of_the_classes() -> Result<()> {
        let noise = Spectrum::within_classes(&classes()?)?.noise(1, &Device::Cpu)?;
        let value = |name: &str| noise.find(name).unwrap().to_vec1::<f32>().unwrap()[0];
        assert!((value(generator::DEVIATIONS) - 8.0).abs() < 0.4);
        assert!((value(generator::REST) - 2f32.sqrt()).abs() < 0.1);
        Ok(())
    }
}
