//! Whitening by the covariance within classes: the whitening step of linear
//! discriminant analysis (Fisher 1936), after which differences between pictures
//! of one class are as large in every direction.
//!
//! The covariance C is shrunk towards a multiple of the identity, since D values
//! are estimated from few pictures (Ledoit and Wolf 2004), and C^(−1/2), up to a
//! factor that unit length removes, is kept as identity plus R directions:
//! x + Uᵀ diag(g) U x.

use candle_core::{DType, Device, Tensor};

use crate::{
    Parameters, Result,
    kernels::arithmetic::{Kept, add, product_kept, scale_rows, transpose},
};

/// The parameter of the scaled directions U, orthonormal rows, (R, D).
pub const BASIS: &str = "transform.whiten.basis";
/// The parameter of what is added along each direction, g, (R); −1 removes it.
pub const GAINS: &str = "transform.whiten.gains";

#[derive(Clone, Debug)]
pub(super) struct Whitening {
    /// (R, D)
    basis: Tensor,
    /// Each column a direction times its gain, (D, R).
    back: Tensor,
    kept: [Kept; 2],
}

/// No direction is scaled until they are measured.
pub(super) fn init(rank: usize, dim: usize, device: &Device) -> Result<Parameters> {
    let mut parameters = Parameters::default();
    parameters.insert(BASIS, Tensor::zeros((rank, dim), DType::F32, device)?);
    parameters.insert(GAINS, Tensor::zeros(rank, DType::F32, device)?);
    Ok(parameters)
}

impl Whitening {
    pub fn new(rank: usize, dim: usize, parameters: &Parameters) -> Result<Self> {
        // Constants, also where the parameters are variables: no gradient is wanted.
        let basis = parameters.get(BASIS, (rank, dim))?.detach();
        let gains = parameters.get(GAINS, rank)?.to_vec1::<f32>()?;
        let back = transpose(&scale_rows(&basis, &gains)?)?;
        Ok(Self { basis, back, kept: Default::default() })
    }

    /// (B, D) to (B, D).
    pub fn apply(&self, features: &Tensor) -> Result<Tensor> {
        let [along, back] = &self.kept;
        let along = product_kept(features, &self.basis, along)?;
        add(features, &product_kept(&along, &self.back, back)?)
    }
}
