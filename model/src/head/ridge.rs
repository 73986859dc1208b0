//! Ridge regression on the labels (Bertinetto et al. 2019, "Meta-learning with
//! differentiable closed-form solvers", R2D2, equations 5 and 6).
//!
//! With rows scaled by the root of their weight, X (R, D) and Y (R, N), the
//! class vectors are Yᵀ (X Xᵀ + λ I)⁻¹ X, or the same by (Xᵀ X + λ I)⁻¹ Xᵀ Y
//! where there are more rows than values. Few rows make a small system: the
//! reason why it is fast.

use candle_core::{DType, Tensor};

use super::{Layer, cholesky::Cholesky};
use crate::{
    Error, Result, Support,
    kernels::arithmetic::{combine, is_plain, product, scale_rows, sub, transpose},
};

/// A vector for each class.
#[derive(Clone, Debug)]
pub(super) struct Ridge {
    /// (N, D)
    classes: Tensor,
}

impl Ridge {
    /// # Errors
    /// If the features are not finite.
    pub fn new(support: &Support, lambda: f64) -> Result<Self> {
        let (rows, dim) = support.features().dims2()?;
        let roots = support.root_weights();
        let features = scale_rows(support.features(), &roots)?;
        let labels = scale_rows(&support.label_table()?, &roots)?;
        let classes = if rows <= dim || !is_plain(&[&features]) {
            dual(&features, &labels, lambda)?
        } else {
            primal(&features, &labels, lambda)?
        };
        Ok(Self { classes })
    }

    /// (Q, D) to (Q, N).
    pub fn scores(&self, queries: &Tensor) -> Result<Tensor> {
        product(queries, &self.classes)
    }

    pub fn layer(&self) -> Layer<'_> {
        Layer::Linear { classes: &self.classes }
    }
}

/// λ, if it is one.
///
/// # Errors
/// If it is not above 0.
pub(super) fn checked(lambda: f32) -> Result<f64> {
    if lambda.is_finite() && lambda > 0.0 {
        return Ok(f64::from(lambda));
    }
    Err(Error::Argument {
        what: "lambda of the ridge head",
        actual: lambda.to_string(),
        expected: "a number above 0",
    })
}

/// Through the products of rows, (R, R).
fn dual(features: &Tensor, labels: &Tensor, lambda: f64) -> Result<Tensor> {
    let solution = solve(&product(features, features)?, labels, lambda)?;
    combine(&transpose(&solution)?, features)
}

/// (gram + λ I)⁻¹ labels, differentiable in the gram matrix.
///
/// # Shapes
/// - gram: (R, R), labels: (R, N), output: (R, N)
///
/// # Errors
/// If the gram matrix is not finite.
pub(super) fn solve(gram: &Tensor, labels: &Tensor, lambda: f64) -> Result<Tensor> {
    let system = Cholesky::of(gram, lambda)?;
    let solution = system.solve(labels)?;
    if is_plain(&[gram]) {
        return Ok(solution);
    }
    // The solution is a constant so far. One step of Newton's method from it
    // changes nothing in value and has the gradient of the solution with respect
    // to the gram matrix: d(A⁻¹ Y) = −A⁻¹ dA A⁻¹ Y.
    let moved = sub(gram, &gram.detach())?.matmul(&solution)?;
    let inverse = system.solve(&identity(gram)?)?;
    sub(&solution, &inverse.matmul(&moved)?)
}

/// Through the products of values, (D, D).
fn primal(features: &Tensor, labels: &Tensor, lambda: f64) -> Result<Tensor> {
    let columns = transpose(features)?;
    let gram = product(&columns, &columns)?;
    let right = product(&columns, &transpose(labels)?)?;
    transpose(&Cholesky::of(&gram, lambda)?.solve(&right)?)
}

fn identity(like: &Tensor) -> Result<Tensor> {
    Ok(Tensor::eye(like.dim(0)?, DType::F32, like.device())?)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::rng::{normal, rng};

    fn support(rows: usize, dim: usize) -> Result<Support> {
        Support::of_episode(&normal(&mut rng(1, 0), (3, rows / 3, dim), &Device::Cpu)?)
    }

    fn difference(a: &Tensor, b: &Tensor) -> Result<f32> {
        Ok(sub(a, b)?.abs()?.max_all()?.to_scalar()?)
    }

    #[test]
    fn both_forms_agree_and_satisfy_the_normal_equations() -> Result<()> {
        for (rows, dim) in [(6, 10), (30, 10)] {
            let support = support(rows, dim)?;
            let (features, labels) = (support.features(), support.label_table()?);
            let dual = dual(features, &labels, 0.3)?;
            assert!(difference(&dual, &primal(features, &labels, 0.3)?)? < 1e-4);
            // (Xᵀ X + λ I) W = Xᵀ Y
            let w = dual.t()?;
            let left = (features.t()?.matmul(&features.matmul(&w)?)? + (&w * 0.3)?)?;
            assert!(difference(&left, &features.t()?.matmul(&labels)?)? < 1e-4);
        }
        Ok(())
    }
}
