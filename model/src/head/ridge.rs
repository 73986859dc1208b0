//! Ridge regression on the labels (Bertinetto et al. 2019, "Meta-learning with
//! differentiable closed-form solvers", R2D2, equations 5 and 6).
//!
//! With rows scaled by the root of their weight, X (R, D) and Y (R, N), the
//! class vectors are Yᵀ (X Xᵀ + λ I)⁻¹ X, or the same by (Xᵀ X + λ I)⁻¹ Xᵀ Y
//! where there are more rows than values. Few rows make a small system: the
//! reason why it is fast.

use candle_core::{DType, Tensor};

use super::cholesky::Cholesky;
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
    /// If λ is not above 0 or the features are not finite.
    pub fn new(support: &Support, lambda: f32) -> Result<Self> {
        if !(lambda.is_finite() && lambda > 0.0) {
            return Err(Error::Argument {
                what: "lambda of the ridge head",
                actual: lambda.to_string(),
                expected: "a number above 0",
            });
        }
        let (rows, dim) = support.features().dims2()?;
        let roots: Vec<f32> = support.weights().iter().map(|weight| weight.sqrt()).collect();
        let features = scale_rows(support.features(), &roots)?;
        let labels = scale_rows(&support.label_table()?, &roots)?;
        let lambda = f64::from(lambda);
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
}

/// Through the products of rows, (R, R).
fn dual(features: &Tensor, labels: &Tensor, lambda: f64) -> Result<Tensor> {
    let gram = product(features, features)?;
    let system = Cholesky::of(&gram, lambda)?;
    let solution = system.solve(labels)?;
    if is_plain(&[features]) {
        return combine(&transpose(&solution)?, features);
    }
    // The solution is a constant so far. One step of Newton's method from it
    // changes nothing in value and has the gradient of the solution with respect
    // to the gram matrix: d(A⁻¹ Y) = −A⁻¹ dA A⁻¹ Y.
    let moved = sub(&gram, &gram.detach())?.matmul(&solution)?;
    let inverse = system.solve(&identity(&gram)?)?;
    let solution = sub(&solution, &inverse.matmul(&moved)?)?;
    combine(&solution.t()?.contiguous()?, features)
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
    use candle_core::{Device, Var};

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

    #[test]
    fn a_row_of_weight_two_is_a_row_given_twice() -> Result<()> {
        let support = support(6, 10)?;
        let extra = normal(&mut rng(2, 0), (1, 10), &Device::Cpu)?;
        let label = vec![vec![0.0, 1.0, 0.0]];
        let heavy = support.with_rows(&extra, label.clone(), 2.0)?;
        let twice = support.with_rows(&extra, label.clone(), 1.0)?.with_rows(&extra, label, 1.0)?;
        let scores = |support: &Support| -> Result<Tensor> {
            Ridge::new(support, 0.5)?.scores(support.features())
        };
        let (heavy, twice) = (scores(&heavy)?, scores(&twice)?);
        assert!(difference(&heavy, &twice.narrow(0, 0, 7)?)? < 1e-5);
        Ok(())
    }

    #[test]
    fn gradients_are_those_of_finite_differences() -> Result<()> {
        let start = normal(&mut rng(1, 0), (3, 2, 5), &Device::Cpu)?;
        let queries = normal(&mut rng(2, 0), (4, 5), &Device::Cpu)?;
        let loss = |support: &Tensor| -> Result<Tensor> {
            let ridge = Ridge::new(&Support::of_episode(support)?, 0.5)?;
            Ok(ridge.scores(&queries)?.sqr()?.sum_all()?)
        };
        let var = Var::from_tensor(&start)?;
        let gradients = loss(&var)?.backward()?;
        let gradient = gradients.get(&var).ok_or(Error::NoExamples)?;
        let gradient = gradient.flatten_all()?.to_vec1::<f32>()?;
        let values = start.flatten_all()?.to_vec1::<f32>()?;
        for index in 0..values.len() {
            let at = |step: f32| -> Result<f32> {
                let mut moved = values.clone();
                moved[index] += step;
                let moved = Tensor::from_vec(moved, start.shape(), &Device::Cpu)?;
                Ok(loss(&moved)?.to_scalar()?)
            };
            let expected = (at(1e-2)? - at(-1e-2)?) / 2e-2;
            let error = (gradient[index] - expected).abs();
            assert!(error < 2e-3 * expected.abs().max(1.0), "{} {expected}", gradient[index]);
        }
        Ok(())
    }
}
