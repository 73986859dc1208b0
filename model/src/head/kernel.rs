//! Ridge regression in the space of a Gaussian kernel (Saunders, Gammerman and
//! Vovk 1998, "Ridge regression learning algorithm in dual variables").
//!
//! A class is a weighted sum of likenesses exp(−γ |x − y|²) to the rows of the
//! support, where the linear head has one vector. On features of unit length it
//! tells where a class ends, too; γ towards 0 leaves the linear head and an
//! offset for each class.
//!
//! Of hundreds of hallucinations that are nearly alike, a class is a sum over some
//! of them, fitted to all: the subset of regressors (Rasmussen and Williams 2006,
//! section 8.3.1). So it is, too, where there are thousands of rows.

use candle_core::Tensor;

use super::{Layer, cholesky::Cholesky, ridge::solve};
use crate::{
    Distance, Error, Result, Support,
    kernels::arithmetic::{add, affine, exp, product, scale_rows, take_rows, transpose},
};

/// Rows that a class may be a sum over: a system of this size is solved in a
/// fraction of a second, also in the page.
const MOST_ROWS: usize = 1000;
/// Of these, rows that count less than half of the heaviest: hallucinations, where
/// there are several of each class.
const MOST_LIGHT_ROWS: usize = 100;
/// Added to the diagonal for each unit of the rows' weights: likenesses that are so
/// alike that only rounding tells them apart would make the system singular.
const JITTER: f64 = 1e-5;
/// Ten times as much, and again, up to this where that is too little: sums over thousands of
/// rows that are nearly alike are rounded by more.
const MOST_JITTER: f64 = 1e-2;

/// The rows that classes are sums over, and what each says for each class.
#[derive(Clone, Debug)]
pub(super) struct KernelRidge {
    gamma: f64,
    /// (B, D)
    rows: Tensor,
    /// (N, B)
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
        let basis = basis(support.weights());
        if basis.len() < support.weights().len() {
            return Self::on_basis(support, take_rows(rows, &basis)?, lambda, gamma);
        }
        let roots = support.root_weights();
        // The likenesses are symmetric: scaled by rows, turned, and scaled again.
        let gram = scale_rows(&likeness(rows, rows, gamma)?, &roots)?;
        let gram = scale_rows(&transpose(&gram)?, &roots)?;
        let labels = scale_rows(&support.label_table()?, &roots)?;
        let coefficients = scale_rows(&solve(&gram, &labels, lambda)?, &roots)?;
        Ok(Self { gamma, rows: rows.clone(), coefficients: transpose(&coefficients)? })
    }

    /// Fitted to all rows, as a sum over some.
    fn on_basis(support: &Support, basis: Tensor, lambda: f64, gamma: f64) -> Result<Self> {
        let roots = support.root_weights();
        // (B, R) by the roots of the weights, times its transpose, plus λ (B, B).
        let across = scale_rows(&likeness(support.features(), &basis, gamma)?, &roots)?;
        let across = transpose(&across)?;
        let within = affine(&likeness(&basis, &basis, gamma)?, lambda, 0.0)?;
        let weight = support.weights().iter().copied().map(f64::from).sum::<f64>();
        let gram = add(&product(&across, &across)?, &within)?;
        let mut jitter = JITTER;
        let system = loop {
            match Cholesky::of(&gram, jitter * weight) {
                Err(_) if jitter < MOST_JITTER => jitter *= 10.0,
                system => break system?,
            }
        };
        let labels = transpose(&scale_rows(&support.label_table()?, &roots)?)?;
        let coefficients = system.solve(&product(&across, &labels)?)?;
        Ok(Self { gamma, rows: basis, coefficients: transpose(&coefficients)? })
    }

    /// (Q, D) to (Q, N).
    pub fn scores(&self, queries: &Tensor) -> Result<Tensor> {
        product(&likeness(queries, &self.rows, self.gamma)?, &self.coefficients)
    }

    pub fn layer(&self) -> Layer<'_> {
        Layer::Kernel { gamma: self.gamma, rows: &self.rows, coefficients: &self.coefficients }
    }
}

/// exp(−γ |x − y|²) of each of x (Q, D) with each of y (R, D), (Q, R).
fn likeness(x: &Tensor, y: &Tensor, gamma: f64) -> Result<Tensor> {
    exp(&affine(&Distance::L2.pairwise(x, y)?, -gamma, 0.0)?)
}

/// Which rows classes are sums over: of the light and of all, not too many, and
/// evenly, so that every class has its share.
fn basis(weights: &[f32]) -> Vec<usize> {
    let heaviest = weights.iter().copied().fold(0.0, f32::max);
    let (light, mut rows): (Vec<usize>, Vec<usize>) =
        (0..weights.len()).partition(|row| weights[*row] < 0.5 * heaviest);
    rows.extend(evenly(&light, MOST_LIGHT_ROWS));
    evenly(&rows, MOST_ROWS).collect()
}

/// As many as `most`, the same distance apart.
fn evenly(rows: &[usize], most: usize) -> impl Iterator<Item = usize> {
    let wanted = rows.len().min(most);
    (0..wanted).map(move |index| rows[index * rows.len() / wanted])
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
    fn a_sum_over_all_rows_is_the_same_either_way_and_over_some_nearly_so() -> Result<()> {
        let rows = normal(&mut rng(1, 0), (3, 20, 6), &Device::Cpu)?;
        let support = Support::of_episode(&rows)?;
        let weights: Vec<f32> = (0..30).map(|row| 0.5 + row as f32 / 30.0).collect();
        let labels = weights.iter().map(|_| vec![0.2, 0.8, 0.0]).collect();
        // Close to real ones, as hallucinations are.
        let extra = (normal(&mut rng(1, 1), (30, 6), &Device::Cpu)? * 0.01)?;
        let extra = (extra + support.features().narrow(0, 30, 30)?)?;
        let support = support.with_rows(&extra, labels, 0.7)?;
        let queries = normal(&mut rng(2, 0), (20, 6), &Device::Cpu)?;
        let whole = KernelRidge::new(&support, 0.3, 0.1)?.scores(&queries)?;
        for count in [90, 60] {
            let basis = support.features().narrow(0, 0, count)?;
            let some = KernelRidge::on_basis(&support, basis, 0.3, 0.1)?;
            let off = (some.scores(&queries)? - &whole)?.abs()?.max_all()?.to_scalar::<f32>()?;
            assert!(off < 0.02, "{count}: {off}");
        }
        // Beyond the limit the answers are those of so many rows.
        let many = normal(&mut rng(3, 0), (2, MOST_ROWS, 6), &Device::Cpu)?;
        let many = KernelRidge::new(&Support::of_episode(&many)?, 0.3, 0.1)?;
        assert_eq!(many.rows.dims(), [MOST_ROWS, 6]);
        let weights = [vec![1.0; 5], vec![0.01; 500]].concat();
        let rows = basis(&weights);
        assert_eq!((rows.len(), &rows[..7]), (105, &[0, 1, 2, 3, 4, 5, 10][..]));
        Ok(())
    }

    #[test]
    fn thousands_of_rows_that_are_nearly_alike_are_no_singular_system() -> Result<()> {
        // Ten classes of pictures that hardly differ.
        let centres = normal(&mut rng(3, 0), (10, 1, 32), &Device::Cpu)?;
        let noise = (normal(&mut rng(3, 1), (10, 120, 32), &Device::Cpu)? * 1e-3)?;
        let rows = centres.broadcast_add(&noise)?;
        let norms = rows.sqr()?.sum_keepdim(2)?.sqrt()?;
        let rows = rows.broadcast_div(&norms)?;
        let head = KernelRidge::new(&Support::of_episode(&rows)?, 0.3, 0.5)?;
        let scores = head.scores(&rows.narrow(1, 0, 1)?.squeeze(1)?)?.to_vec2::<f32>()?;
        for (class, scores) in scores.iter().enumerate() {
            let best = (0..10).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
            assert_eq!(best, Some(class), "{scores:?}");
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
