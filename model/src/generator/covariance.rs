//! Noise with the base classes' covariance within a class, about the seed: no
//! network (after Yang et al. 2021, "Free Lunch for Few-shot Learning:
//! Distribution Calibration", section 3.3, whose covariance is of the nearest
//! base classes; here it is the one shared by all of them).
//!
//! The covariance is low rank plus identity: `rank` directions with deviations
//! of their own, one deviation for all the rest.

use candle_core::{DType, Device, Tensor};

use crate::{
    Parameters, Result,
    kernels::arithmetic::{Kept, add, affine, product_kept},
};

/// Orthonormal rows, (R, D).
pub const BASIS: &str = "generator.covariance.basis";
/// Standard deviation along each of them, (R).
pub const DEVIATIONS: &str = "generator.covariance.deviations";
/// Standard deviation along every other direction, (1).
pub const REST: &str = "generator.covariance.rest";

#[derive(Clone, Debug)]
pub(super) struct Covariance {
    rest: f64,
    directions: Option<Directions>,
}

#[derive(Clone, Debug)]
struct Directions {
    /// (R, D)
    basis: Tensor,
    /// Each column a direction times its deviation less that of the rest, (D, R).
    excess: Tensor,
    kept: [Kept; 2],
}

/// Unit deviation in every direction, until it is measured.
pub(super) fn init(rank: usize, dim: usize, device: &Device) -> Result<Parameters> {
    let mut parameters = Parameters::default();
    if rank > 0 {
        parameters.insert(BASIS, Tensor::zeros((rank, dim), DType::F32, device)?);
        parameters.insert(DEVIATIONS, Tensor::ones(rank, DType::F32, device)?);
    }
    parameters.insert(REST, Tensor::ones(1, DType::F32, device)?);
    Ok(parameters)
}

impl Covariance {
    pub fn new(rank: usize, dim: usize, parameters: &Parameters) -> Result<Self> {
        let rest = f64::from(parameters.get(REST, 1)?.to_vec1::<f32>()?[0]);
        if rank == 0 {
            return Ok(Self { rest, directions: None });
        }
        let basis = parameters.get(BASIS, (rank, dim))?.contiguous()?;
        let excess = affine(&parameters.get(DEVIATIONS, rank)?, 1.0, -rest)?;
        let (rows, excess) = (basis.to_vec2::<f32>()?, excess.to_vec1::<f32>()?);
        let columns: Vec<f32> = (0..dim)
            .flat_map(|column| rows.iter().zip(&excess).map(move |(row, e)| row[column] * e))
            .collect();
        let excess = Tensor::from_vec(columns, (dim, rank), basis.device())?;
        let directions = Directions { basis, excess, kept: Default::default() };
        Ok(Self { rest, directions: Some(directions) })
    }

    /// # Shapes
    /// - seeds: (N, D), noise: (N, M, D), output: (N, M, D)
    pub fn about(&self, seeds: &Tensor, noise: &Tensor) -> Result<Tensor> {
        let (ways, count, dim) = noise.dims3()?;
        let flat = noise.reshape((ways * count, dim))?;
        let mut drawn = affine(&flat, self.rest, 0.0)?;
        if let Some(Directions { basis, excess, kept: [along, back] }) = &self.directions {
            let along = product_kept(&flat, basis, along)?;
            drawn = add(&drawn, &product_kept(&along, excess, back)?)?;
        }
        add(&drawn.reshape((ways, count, dim))?, &seeds.unsqueeze(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{normal, rng};

    #[test]
    fn draws_have_the_mean_and_the_deviations_asked_for() -> Result<()> {
        let device = &Device::Cpu;
        let mut parameters = init(2, 4, device)?;
        let root = 0.5f32.sqrt();
        let basis = Tensor::new(&[[root, root, 0.0, 0.0], [root, -root, 0.0, 0.0]], device)?;
        parameters.insert(BASIS, basis);
        parameters.insert(DEVIATIONS, Tensor::new(&[3f32, 0.5], device)?);
        parameters.insert(REST, Tensor::new(&[0.25f32], device)?);
        let seeds = Tensor::new(&[[1f32, 2.0, 3.0, 4.0]], device)?;
        let noise = normal(&mut rng(1, 0), (1, 20_000, 4), device)?;
        let drawn = Covariance::new(2, 4, &parameters)?.about(&seeds, &noise)?.squeeze(0)?;
        let mean = drawn.mean_keepdim(0)?;
        let off = (&mean - &seeds)?.abs()?.max_all()?.to_scalar::<f32>()?;
        assert!(off < 0.05, "{off}");
        let centred = drawn.broadcast_sub(&mean)?;
        let covariance = (centred.t()?.matmul(&centred)? / 20_000.0)?.to_vec2::<f32>()?;
        let expected = [
            [4.625, 4.375, 0.0, 0.0],
            [4.375, 4.625, 0.0, 0.0],
            [0.0, 0.0, 0.0625, 0.0],
            [0.0, 0.0, 0.0, 0.0625],
        ];
        for (row, expected) in covariance.iter().zip(expected) {
            for (value, expected) in row.iter().zip(expected) {
                assert!((value - expected).abs() < 0.15, "{covariance:?}");
            }
        }
        Ok(())
    }
}
