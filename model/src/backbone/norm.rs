//! A convolution without bias and the BatchNorm after it, under PyTorch's names.

use candle_core::{DType, Device, Tensor};

use super::operations::{BatchStatistics, batch_norm, convolve};
use crate::{
    Parameters, Result,
    kernels::{Activation, Convolution},
    rng::{Rng, normal},
};

/// Names and sizes of one.
#[derive(Clone, Debug)]
pub(super) struct ConvNormShape {
    /// Name of the convolution, without `.weight`.
    pub convolution: String,
    /// Name of the BatchNorm, without `.weight`.
    pub norm: String,
    /// (O, I, k, k), I = 1 for a depthwise convolution.
    pub weight: [usize; 4],
}

/// O output channels, I input channels of a filter.
#[derive(Clone, Debug)]
pub(super) struct ConvNorm {
    /// (O, I, k, k)
    weight: Tensor,
    /// BatchNorm's scale, (O)
    gamma: Tensor,
    /// BatchNorm's shift, (O)
    beta: Tensor,
    /// (O)
    running_mean: Tensor,
    /// Unbiased, (O)
    running_var: Tensor,
    /// Added to the variance before the root.
    epsilon: f64,
}

impl ConvNorm {
    /// Shares the tensors with `parameters`.
    ///
    /// # Errors
    /// If one is missing or of another shape.
    pub fn new(shape: &ConvNormShape, parameters: &Parameters, epsilon: f64) -> Result<Self> {
        let ConvNormShape { convolution, norm, weight } = shape;
        let get = |name: &str| parameters.get(&format!("{norm}.{name}"), weight[0]);
        Ok(Self {
            weight: parameters.get(&format!("{convolution}.weight"), &weight[..])?,
            gamma: get("weight")?,
            beta: get("bias")?,
            running_mean: get("running_mean")?,
            running_var: get("running_var")?,
            epsilon,
        })
    }

    /// Fresh parameters: normal filters with deviation √(2 / (O k²)) (He et al. 2015,
    /// equation 10, by outputs), of a depthwise convolution √(2 / k²); BatchNorm at the
    /// identity.
    ///
    /// # Errors
    /// If the device cannot hold them.
    pub fn init(
        shape: &ConvNormShape,
        rng: &mut Rng,
        device: &Device,
        into: &mut Parameters,
    ) -> Result<()> {
        let ConvNormShape { convolution, norm, weight } = shape;
        let [output, input, k, _] = *weight;
        let fan_out = if input == 1 { k * k } else { output * k * k };
        let deviation = (2.0 / fan_out as f64).sqrt();
        let drawn = (normal(rng, &weight[..], device)? * deviation)?;
        into.insert(format!("{convolution}.weight"), drawn);
        for (name, is_one) in
            [("weight", true), ("bias", false), ("running_mean", false), ("running_var", true)]
        {
            let value = if is_one { Tensor::ones } else { Tensor::zeros };
            into.insert(format!("{norm}.{name}"), value(output, DType::F32, device)?);
        }
        Ok(())
    }

    /// Convolved with zeros around, so that stride 1 keeps the side, and normalised over
    /// this batch; the running statistics move.
    ///
    /// # Errors
    /// If the map does not fit.
    pub fn forward_train(&self, map: &Tensor) -> Result<Tensor> {
        let convolved = convolve(map, &self.weight)?;
        let (normalised, statistics): (_, BatchStatistics) =
            batch_norm(&convolved, &self.gamma, &self.beta, self.epsilon)?;
        statistics.update(&self.running_mean, &self.running_var)?;
        Ok(normalised)
    }

    /// With the running statistics folded into the filters.
    ///
    /// # Errors
    /// If the device fails.
    pub fn fold(&self, stride: usize, activation: Activation) -> Result<Convolution> {
        let (output, input, kernel, _) = self.weight.dims4()?;
        let [gamma, beta, mean, var] =
            [&self.gamma, &self.beta, &self.running_mean, &self.running_var]
                .map(|tensor| tensor.to_vec1::<f32>());
        let (gamma, beta, mean, var) = (gamma?, beta?, mean?, var?);
        let mut weight = self.weight.flatten_all()?.to_vec1::<f32>()?;
        let mut bias = Vec::with_capacity(output);
        let filters = weight.chunks_exact_mut(input * kernel * kernel);
        for (channel, filter) in filters.enumerate() {
            let root = (f64::from(var[channel]) + self.epsilon).sqrt();
            let scale = (f64::from(gamma[channel]) / root) as f32;
            filter.iter_mut().for_each(|weight| *weight *= scale);
            bias.push(beta[channel] - mean[channel] * scale);
        }
        Ok(Convolution { weight, bias, input, kernel, stride, activation })
    }

    /// As [`Self::fold`], of a depthwise convolution.
    ///
    /// # Errors
    /// If the device fails.
    pub fn fold_depthwise(&self, stride: usize, activation: Activation) -> Result<Convolution> {
        let folded = self.fold(stride, activation)?;
        Ok(Convolution { input: folded.output(), ..folded })
    }

    /// Where the parameters are.
    pub fn device(&self) -> &Device {
        self.weight.device()
    }
}
