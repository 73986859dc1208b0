//! How far a query is from a prototype.

use std::{fmt, str::FromStr};

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    kernels::arithmetic::{
        add, affine, div, mean_keepdim, product, root_of_at_least, square, sub, sum_keepdim,
    },
};

/// Below this a norm counts as zero, so that `cosine` of a zero vector is finite.
const SMALLEST_NORM: f64 = 1e-8;

/// A distance between features; the smaller, the more alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distance {
    /// Squared Euclidean distance, the choice of Snell et al. 2017, section 2.3.
    #[default]
    L2,
    /// One minus the cosine of the angle between the two.
    Cosine,
    /// Minus the inner product.
    Dot,
}

impl Distance {
    /// Every distance, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::L2, Self::Cosine, Self::Dot];

    /// The distance of each query to each prototype.
    ///
    /// # Shapes
    /// - queries: (Q, D)
    /// - prototypes: (N, D)
    /// - output: (Q, N)
    ///
    /// f32 or f64, both alike. Differentiable in both arguments.
    ///
    /// # Errors
    /// If the two have different D.
    pub fn pairwise(self, queries: &Tensor, prototypes: &Tensor) -> Result<Tensor> {
        let (n_query, _dim) = queries.dims2()?;
        let (n_way, _dim) = prototypes.dims2()?;
        let distance = match self {
            Self::L2 => {
                // |q|² - 2 q·p + |p|² needs no (Q, N, D) tensor. It cancels badly when
                // norms are far larger than distances, so the common offset goes first;
                // distances do not depend on it, hence neither do gradients.
                let centre = mean_keepdim(&prototypes.detach(), 0)?;
                let queries = &sub(queries, &centre)?;
                let prototypes = &sub(prototypes, &centre)?;
                let query_norms = sum_keepdim(&square(queries)?, 1)?;
                let prototype_norms = sum_keepdim(&square(prototypes)?, 1)?.reshape((1, n_way))?;
                let inner = product(queries, prototypes)?;
                sub(&add(&query_norms, &prototype_norms)?, &affine(&inner, 2.0, 0.0)?)?
            }
            Self::Cosine => {
                affine(&product(&normalise(queries)?, &normalise(prototypes)?)?, -1.0, 1.0)?
            }
            Self::Dot => affine(&product(queries, prototypes)?, -1.0, 0.0)?,
        };
        debug_assert_eq!(distance.dims(), [n_query, n_way]);
        Ok(distance)
    }
}

/// Each row divided by its length; (B, D) to (B, D).
pub(crate) fn normalise(features: &Tensor) -> Result<Tensor> {
    // The square is clamped before the root: the root's gradient at zero is infinite.
    let smallest = SMALLEST_NORM * SMALLEST_NORM;
    let norms = root_of_at_least(&sum_keepdim(&square(features)?, 1)?, smallest)?;
    div(features, &norms)
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::L2 => "l2",
            Self::Cosine => "cosine",
            Self::Dot => "dot",
        })
    }
}

impl FromStr for Distance {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|distance| distance.to_string() == name).ok_or(Error::Argument {
            what: "the distance",
            actual: name.into(),
            expected: "one of l2, cosine, dot",
        })
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn distances_of_a_case_done_by_hand() -> Result<()> {
        let queries = Tensor::new(&[[3f32, 4.0], [0.0, 0.0]], &Device::Cpu)?;
        let prototypes = Tensor::new(&[[3f32, 4.0], [4.0, -3.0], [6.0, 8.0]], &Device::Cpu)?;
        let expect = [
            (Distance::L2, [[0.0, 50.0, 25.0], [25.0, 25.0, 100.0]]),
            (Distance::Cosine, [[0.0, 1.0, 0.0], [1.0, 1.0, 1.0]]),
            (Distance::Dot, [[-25.0, 0.0, -50.0], [0.0, 0.0, 0.0]]),
        ];
        for (distance, expected) in expect {
            let actual = distance.pairwise(&queries, &prototypes)?.to_vec2::<f32>()?;
            for (row, expected) in actual.iter().zip(expected) {
                for (value, expected) in row.iter().zip(expected) {
                    assert!((value - expected).abs() < 1e-5, "{distance}: {actual:?}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn small_distances_between_long_features_are_exact() -> Result<()> {
        let queries = Tensor::new(&[[1000f32, 2000.5], [1001.0, 2000.0]], &Device::Cpu)?;
        let prototypes = Tensor::new(&[[1000f32, 2000.0], [1001.0, 2001.0]], &Device::Cpu)?;
        let actual = Distance::L2.pairwise(&queries, &prototypes)?.to_vec2::<f32>()?;
        assert_eq!(actual, [[0.25, 1.25], [1.0, 1.0]]);
        Ok(())
    }

    #[test]
    fn names_are_read_back() {
        for distance in Distance::ALL {
            assert_eq!(distance.to_string().parse::<Distance>().unwrap(), distance);
        }
        assert!("euclid".parse::<Distance>().is_err());
    }

    #[test]
    fn cosine_of_a_zero_feature_has_a_finite_gradient() -> Result<()> {
        let query = candle_core::Var::zeros((1, 3), candle_core::DType::F32, &Device::Cpu)?;
        let prototype = Tensor::new(&[[1f32, 2.0, 3.0]], &Device::Cpu)?;
        let loss = Distance::Cosine.pairwise(&query, &prototype)?.sum_all()?;
        let gradient = loss.backward()?.get(&query).unwrap().flatten_all()?.to_vec1::<f32>()?;
        assert!(gradient.iter().all(|value| value.is_finite()), "{gradient:?}");
        Ok(())
    }
}
