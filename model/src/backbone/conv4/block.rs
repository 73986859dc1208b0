//! One block's parameters, under PyTorch's names `encoder.{i}.0` (convolution)
//! and `encoder.{i}.1` (BatchNorm).

use candle_core::Tensor;

use super::super::operations::BatchStatistics;
use crate::{Parameters, Result, config::Conv4Config};

/// Convolution and BatchNorm of a block. O output channels, I input channels.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// (O, I, 3, 3)
    pub weight: Tensor,
    /// (O)
    pub bias: Tensor,
    /// BatchNorm's scale, (O)
    pub gamma: Tensor,
    /// BatchNorm's shift, (O)
    pub beta: Tensor,
    /// (O)
    pub running_mean: Tensor,
    /// Unbiased, (O)
    pub running_var: Tensor,
}

impl Block {
    pub fn new(
        config: &Conv4Config,
        input: usize,
        parameters: &Parameters,
        index: usize,
    ) -> Result<Self> {
        let out = config.channels;
        let input = if index == 0 { input } else { out };
        let get = |name: &str| parameters.get(&format!("encoder.{index}.{name}"), out);
        Ok(Self {
            weight: parameters.get(&format!("encoder.{index}.0.weight"), (out, input, 3, 3))?,
            bias: get("0.bias")?,
            gamma: get("1.weight")?,
            beta: get("1.bias")?,
            running_mean: get("1.running_mean")?,
            running_var: get("1.running_var")?,
        })
    }

    /// The running statistics move towards `batch`.
    pub fn update_running(&self, batch: &BatchStatistics) -> Result<()> {
        batch.update(&self.running_mean, &self.running_var)
    }

    /// A copy that later updates of the variables do not reach.
    pub fn detach(&self) -> Result<Self> {
        let copy = |tensor: &Tensor| tensor.copy().map(|tensor| tensor.detach());
        Ok(Self {
            weight: copy(&self.weight)?,
            bias: copy(&self.bias)?,
            gamma: copy(&self.gamma)?,
            beta: copy(&self.beta)?,
            running_mean: copy(&self.running_mean)?,
            running_var: copy(&self.running_var)?,
        })
    }
}
