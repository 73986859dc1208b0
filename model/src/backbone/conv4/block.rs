//! One block's parameters, under PyTorch's names `encoder.{i}.0` (convolution)
//! and `encoder.{i}.1` (BatchNorm).

use candle_core::Tensor;

use super::{super::operations::BatchStatistics, EPSILON};
use crate::{
    Parameters, Result,
    config::Conv4Config,
    kernels::{Activation, Convolution},
};

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

    /// With the running statistics folded into the filters.
    ///
    /// # Errors
    /// If the device fails.
    pub fn fold(&self) -> Result<Convolution> {
        let (_output, input, kernel, _) = self.weight.dims4()?;
        let [gamma, beta, mean, var, bias] =
            [&self.gamma, &self.beta, &self.running_mean, &self.running_var, &self.bias]
                .map(|tensor| tensor.to_vec1::<f32>());
        let (gamma, beta, mean, var, mut bias) = (gamma?, beta?, mean?, var?, bias?);
        let mut weight = self.weight.flatten_all()?.to_vec1::<f32>()?;
        let filters = weight.chunks_exact_mut(input * kernel * kernel);
        for (channel, filter) in filters.enumerate() {
            let scale = gamma[channel] / (f64::from(var[channel]) + EPSILON).sqrt() as f32;
            filter.iter_mut().for_each(|weight| *weight *= scale);
            bias[channel] = (bias[channel] - mean[channel]) * scale + beta[channel];
        }
        Ok(Convolution { weight, bias, input, kernel, stride: 1, activation: Activation::RELU })
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
