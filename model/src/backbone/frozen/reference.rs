//! Steps in candle's own operations: the path on GPUs, and what the kernels are held
//! against.

use candle_core::{D, Device, Tensor};

use crate::{
    Error, Result,
    kernels::{Activation, Convolution, Moments, Step, same_padding},
};

/// Steps with their numbers on a device.
#[derive(Debug)]
pub(super) struct Reference(Vec<Operation>);

#[derive(Debug)]
enum Operation {
    Convolve { filters: Filters, add_kept: bool },
    InvertedResidual { filters: Vec<Filters>, residual: bool },
    Keep(Option<Filters>),
    MaxPool,
    Pool(Moments),
}

/// A convolution; O outputs.
#[derive(Debug)]
struct Filters {
    /// (O, I, k, k); of a depthwise convolution (1, O, k, k)
    weight: Tensor,
    /// (1, O, 1, 1)
    bias: Tensor,
    depthwise: bool,
    stride: usize,
    activation: Activation,
}

impl Reference {
    /// # Errors
    /// If a step cannot be made or the device cannot hold it.
    pub fn new(device: &Device, steps: impl Iterator<Item = Result<Step>>) -> Result<Self> {
        let dense = |convolution: &Convolution| Filters::new(convolution, false, device);
        let operation = |step: Result<Step>| {
            Ok(match step? {
                Step::Convolve { convolution, add_kept } => {
                    Operation::Convolve { filters: dense(&convolution)?, add_kept }
                }
                Step::InvertedResidual { expand, depthwise, project, residual } => {
                    let expand = expand.iter().map(dense);
                    let depthwise = std::iter::once(Filters::new(&depthwise, true, device));
                    let filters = expand.chain(depthwise).chain([dense(&project)]);
                    Operation::InvertedResidual {
                        filters: filters.collect::<Result<_>>()?,
                        residual,
                    }
                }
                Step::Keep { shortcut } => {
                    Operation::Keep(shortcut.as_ref().map(dense).transpose()?)
                }
                Step::MaxPool => Operation::MaxPool,
                Step::Pool(moments) => Operation::Pool(moments),
            })
        };
        Ok(Self(steps.map(operation).collect::<Result<_>>()?))
    }

    /// (B, C, S, S) to (B, D).
    pub fn forward(&self, images: &Tensor) -> Result<Tensor> {
        let (mut map, mut kept, mut pooled) = (images.clone(), None, Vec::new());
        for operation in &self.0 {
            match operation {
                Operation::Convolve { filters, add_kept } => {
                    let residual = if *add_kept { kept.as_ref() } else { None };
                    map = filters.apply(&map, residual)?;
                }
                Operation::InvertedResidual { filters, residual } => {
                    let input = residual.then(|| map.clone());
                    for (index, layer) in filters.iter().enumerate() {
                        let is_last = index + 1 == filters.len();
                        map = layer.apply(&map, input.as_ref().filter(|_| is_last))?;
                    }
                }
                Operation::Keep(None) => kept = Some(map.clone()),
                Operation::Keep(Some(shortcut)) => kept = Some(shortcut.apply(&map, None)?),
                Operation::MaxPool => map = map.max_pool2d(2)?,
                Operation::Pool(moments) => pooled.push(pool(&map, *moments)?),
            }
        }
        let Some(last) = pooled.pop() else {
            return Err(Error::Config("the backbone's steps give no feature".into()));
        };
        pooled.insert(0, last);
        Ok(Tensor::cat(&pooled, 1)?)
    }
}

/// (B, C, S, S) to (B, C) or (B, 2 C).
fn pool(map: &Tensor, moments: Moments) -> Result<Tensor> {
    let values = map.flatten_from(2)?;
    let means = values.mean_keepdim(D::Minus1)?;
    let mut joined = Vec::with_capacity(2);
    if moments.mean > 0.0 {
        joined.push((means.squeeze(D::Minus1)? * f64::from(moments.mean))?);
    }
    if moments.deviation > 0.0 {
        let deviations = values.broadcast_sub(&means)?.sqr()?.mean(D::Minus1)?.sqrt()?;
        joined.push((deviations * f64::from(moments.deviation))?);
    }
    Ok(Tensor::cat(&joined, 1)?)
}

impl Filters {
    fn new(convolution: &Convolution, depthwise: bool, device: &Device) -> Result<Self> {
        let Convolution { weight, bias, input, kernel, stride, activation } = convolution;
        let output = bias.len();
        let shape = if depthwise {
            (1, output, *kernel, *kernel)
        } else {
            (output, *input, *kernel, *kernel)
        };
        Ok(Self {
            weight: Tensor::from_slice(weight, shape, device)?,
            bias: Tensor::from_slice(bias, (1, output, 1, 1), device)?,
            depthwise,
            stride: *stride,
            activation: *activation,
        })
    }

    fn apply(&self, map: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        let (side, kernel) = (map.dim(2)?, self.weight.dim(2)?);
        let (output, before) = same_padding(side, kernel, self.stride);
        // As far as the windows reach, and to a whole stride.
        let after = (output * self.stride + kernel - 1).saturating_sub(before + side);
        let padded = map.pad_with_zeros(2, before, after)?.pad_with_zeros(3, before, after)?;
        let convolved = if self.depthwise {
            self.each_channel(&padded, output)?
        } else {
            let all = padded.contiguous()?.conv2d(&self.weight, 0, self.stride, 1, 1)?;
            all.narrow(2, 0, output)?.narrow(3, 0, output)?
        };
        let mut sum = convolved.broadcast_add(&self.bias)?;
        if let Some(residual) = residual {
            sum = (sum + residual)?;
        }
        let Activation { slope, ceiling } = self.activation;
        let above = sum.maximum(&(&sum * f64::from(slope))?)?;
        Ok(if ceiling.is_finite() { above.minimum(f64::from(ceiling))? } else { above })
    }

    /// Each position of the filter in turn on all windows: candle convolves by groups one
    /// group after the other, which for a thousand of them is hardly an operation.
    fn each_channel(&self, padded: &Tensor, output: usize) -> Result<Tensor> {
        let (batch, channels, _, _) = padded.dims4()?;
        let (kernel, stride) = (self.weight.dim(2)?, self.stride);
        let mut sum: Option<Tensor> = None;
        for (dy, dx) in (0..kernel).flat_map(|dy| (0..kernel).map(move |dx| (dy, dx))) {
            let values = padded
                .narrow(2, dy, output * stride)?
                .narrow(3, dx, output * stride)?
                .contiguous()?
                .reshape(&[batch, channels, output, stride, output, stride][..])?
                .narrow(3, 0, 1)?
                .narrow(5, 0, 1)?
                .contiguous()?
                .reshape((batch, channels, output, output))?;
            let product = values.broadcast_mul(&self.weight.narrow(2, dy, 1)?.narrow(3, dx, 1)?)?;
            sum = Some(match sum {
                Some(sum) => (sum + product)?,
                None => product,
            });
        }
        sum.ok_or_else(|| Error::Config("a filter has no positions".into()))
    }
}
