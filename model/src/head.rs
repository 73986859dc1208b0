//! Heads: what is fitted to a weighted support and then scores queries.
//!
//! A kind is one file and one line of [`HeadKind`] and [`Head`].

mod cholesky;
mod kernel;
mod prototype;
mod ridge;

use std::{fmt, str::FromStr};

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::{Distance, Error, Result, Support, kernels::arithmetic::affine};
use kernel::KernelRidge;
use prototype::Prototypes;
use ridge::Ridge;

/// The kinds of head there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeadKind {
    /// The nearest class mean (Snell et al. 2017).
    #[default]
    Prototype,
    /// Closed-form ridge regression on the labels (Bertinetto et al. 2019).
    Ridge,
}

/// A head with its numbers, not yet fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Head {
    /// Minus the distance to the mean of each class.
    Prototype(Distance),
    /// A map to the labels, its squared weights costing `lambda`: linear, or of
    /// likenesses to the rows of the support.
    Ridge {
        /// λ of equation 5 of Bertinetto et al. 2019.
        lambda: f32,
        /// γ of the likeness exp(−γ |x − y|²); 0 for a linear map.
        gamma: f32,
    },
}

/// A head that knows the classes of a support.
#[derive(Clone, Debug)]
pub struct Fitted(Form);

#[derive(Clone, Debug)]
enum Form {
    Prototypes(Prototypes),
    Ridge(Ridge),
    KernelRidge(KernelRidge),
}

/// What a fitted head computes scores from: for whoever computes them elsewhere.
#[derive(Clone, Copy, Debug)]
pub enum Layer<'a> {
    /// Minus the distance to each class.
    Prototypes {
        /// (N, D)
        means: &'a Tensor,
        /// Between a query and a mean.
        distance: Distance,
    },
    /// The inner product with each class.
    Linear {
        /// (N, D)
        classes: &'a Tensor,
    },
    /// A sum over likenesses exp(−γ |x − y|²) to rows y.
    Kernel {
        /// γ
        gamma: f64,
        /// (B, D)
        rows: &'a Tensor,
        /// What each row says for each class, (N, B).
        coefficients: &'a Tensor,
    },
}

impl HeadKind {
    /// Every kind, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::Prototype, Self::Ridge];
}

impl Head {
    /// Fits the head; differentiable in the support's features.
    ///
    /// # Errors
    /// If the support's features are not finite.
    pub fn fit(self, support: &Support) -> Result<Fitted> {
        Ok(Fitted(match self {
            Self::Prototype(distance) => Form::Prototypes(Prototypes::new(support, distance)?),
            Self::Ridge { lambda, gamma } => {
                let lambda = ridge::checked(lambda)?;
                if gamma == 0.0 {
                    Form::Ridge(Ridge::new(support, lambda)?)
                } else {
                    Form::KernelRidge(KernelRidge::new(support, lambda, gamma)?)
                }
            }
        }))
    }
}

impl Fitted {
    /// The score of each query for each class, the higher the likelier; over a
    /// temperature their softmax is the class's probability.
    ///
    /// # Shapes
    /// - queries: (Q, D)
    /// - output: (Q, N)
    ///
    /// # Errors
    /// If D differs.
    pub fn scores(&self, queries: &Tensor) -> Result<Tensor> {
        match &self.0 {
            Form::Prototypes(prototypes) => prototypes.scores(queries),
            Form::Ridge(ridge) => ridge.scores(queries),
            Form::KernelRidge(ridge) => ridge.scores(queries),
        }
    }

    /// The numbers that scores are computed from.
    pub fn layer(&self) -> Layer<'_> {
        match &self.0 {
            Form::Prototypes(prototypes) => prototypes.layer(),
            Form::Ridge(ridge) => ridge.layer(),
            Form::KernelRidge(ridge) => ridge.layer(),
        }
    }
}

/// Softmax of each row of scores over a temperature (Snell et al. 2017, equation 2).
///
/// # Shapes
/// - scores: (Q, N), output: Q rows of N
///
/// # Errors
/// If `scores` has another rank.
pub fn probabilities(scores: &Tensor, temperature: f32) -> Result<Vec<Vec<f32>>> {
    let scaled = affine(scores, 1.0 / f64::from(temperature), 0.0)?;
    Ok(scaled.to_vec2()?.into_iter().map(softmax).collect())
}

fn softmax(mut scores: Vec<f32>) -> Vec<f32> {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|score| *score = (*score - largest).exp());
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
    scores
}

impl fmt::Display for HeadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prototype => "prototype",
            Self::Ridge => "ridge",
        })
    }
}

impl FromStr for HeadKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == name).ok_or(Error::Argument {
            what: "the head",
            actual: name.into(),
            expected: "one of prototype, ridge",
        })
    }
}

#[cfg(test)]
mod tests;
