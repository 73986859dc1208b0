//! The nearest class mean (Snell et al. 2017, "Prototypical Networks for
//! Few-shot Learning", section 2.2).

use candle_core::Tensor;

use super::Layer;
use crate::{Distance, Result, Support, kernels::arithmetic::affine};

/// Class means and how they are compared with.
#[derive(Clone, Debug)]
pub(super) struct Prototypes {
    /// (N, D)
    means: Tensor,
    distance: Distance,
}

impl Prototypes {
    pub fn new(support: &Support, distance: Distance) -> Result<Self> {
        Ok(Self { means: support.means()?, distance })
    }

    /// Minus the distance to each mean; (Q, D) to (Q, N).
    pub fn scores(&self, queries: &Tensor) -> Result<Tensor> {
        affine(&self.distance.pairwise(queries, &self.means)?, -1.0, 0.0)
    }

    pub fn layer(&self) -> Layer<'_> {
        Layer::Prototypes { means: &self.means, distance: self.distance }
    }
}
