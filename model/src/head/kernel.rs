//! Ridge regression in the space of a Gaussian kernel (Saunders, Gammerman and
//! Vovk 1998, "Ridge regression learning algorithm in dual variables").
//!
//! A class is a weighted sum of likenesses exp(−γ |x − y|²) to the rows of the
//! support, where the linear head has one vector. On features of unit length it
//! tells where a class ends, too; γ towards 0 leaves the linear head and an
//! offset for each class.

use candle_core::Tensor;

use super::ridge::solve;
use crate::{
    Distance, Error, Result, Support,
    kernels::arithmetic::{affine, exp, product, scale_rows, transpose},
};

/// The rows, and what each says for each class.
#[derive(Clone, Debug)]
pub(super) struct KernelRidge {
    gamma: f64,
    /// (R, D)
    rows: Tensor,
    /// (N, R)
    coefficients: Tensor,
}

impl KernelRidge {
    /// # Errors
    /// If γ is not above 0, or the features are not finite.
    pub fn new(support: &Support, lambda: f64, gamma: f32) -> Result<Self> {
        if !(gamma.is_finite() && gamma > 0.0) {
            return Err(Error::Argument {
                what: "gamma of the ridge head",
                actual: gamma.to_string(),
                expected: "a number above 0, or 0 for none",
            });
        }
        let (gamma, rows) = (f64::from(gamma), support.features());
        let roots: Vec<f32> = support.weights().iter().map(|weight| weight.sqrt()).collect();
        // The likenesses are symmetric: scaled by rows, turned, and scaled again.
        let gram = scale_rows(&likeness(rows, rows, gamma)?, &roots)?;
        let gram = scale_rows(&transpose(&gram)?, &roots)?;
        let labels = scale_rows(&support.label_table()?, &roots)?;
        let coefficients = scale_rows(&solve(&gram, &labels, lambda)?, &roots)?;
        Ok(Self { gamma, rows: rows.clone(), coefficients: transpose(&coefficients)? })
    }

    /// (Q, D) to (Q, N).
    pub fn scores(&self, queries: &Tensor) -> Result<Tensor> {
        product(&likeness(queries, &self.rows, self.gamma)?, &self.coefficients)
    }
}

/// exp(−γ |x − y|²) of each of x (Q, D) with each of y (R, D), (Q, R).
fn likeness(x: &Tensor, y: &Tensor, gamma: f64) -> Result<Tensor> {
    exp(&affine(&Distance::L2.pairwise(x, y)?, -gamma, 0.0)?)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::{
        Head,
        rng::{normal, rng},
    };

    #[test]
    fn the_figures_of_a_case_done_by_hand() -> Result<()> {
        // Two rows a root of 2 apart, γ = 0.5: likenesses 1 and 1/e, λ = 1.
        let support = Tensor::new(&[[[1f32, 0.0]], [[0.0, 1.0]]], &Device::Cpu)?;
        let head = KernelRidge::new(&Support::of_episode(&support)?, 1.0, 0.5)?;
        let e = (-1f32).exp();
        // (2 e; e 2)⁻¹, times (1 e).
        let (a, b) = (2.0 / (4.0 - e * e), -e / (4.0 - e * e));
        let scores = head.scores(&support.squeeze(1)?)?.to_vec2::<f32>()?;
        for (actual, expected) in scores[0].iter().zip([a + e * b, b + e * a]) {
            assert!((actual - expected).abs() < 1e-6, "{actual} {expected}");
        }
        Ok(())
    }

    #[test]
    fn a_wide_kernel_is_the_linear_head_with_an_offset() -> Result<()> {
        let support = normal(&mut rng(1, 0), (3, 4, 10), &Device::Cpu)?;
        let support = Support::of_episode(&support)?;
        let queries = normal(&mut rng(2, 0), (20, 10), &Device::Cpu)?;
        // With λ as small as γ, exp(−γ d²) is 1 + 2 γ (x·y) and terms of one side alone.
        let wide = Head::Ridge { lambda: 2e-4, gamma: 1e-4 }.fit(&support)?.scores(&queries)?;
        let linear = Head::Ridge { lambda: 1.0, gamma: 0.0 };
        let one = Tensor::ones((12, 1), candle_core::DType::F32, &Device::Cpu)?;
        let with_one = |x: &Tensor, one: &Tensor| Tensor::cat(&[x, &(one * 100.0)?], 1);
        let features = with_one(support.features(), &one)?;
        let rows = features.reshape((3, 4, 11))?;
        let one = Tensor::ones((20, 1), candle_core::DType::F32, &Device::Cpu)?;
        let linear =
            linear.fit(&Support::of_episode(&rows)?)?.scores(&with_one(&queries, &one)?)?;
        let off = (wide - linear)?.abs()?.max_all()?.to_scalar::<f32>()?;
        assert!(off < 0.02, "{off}");
        Ok(())
    }
}
