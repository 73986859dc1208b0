//! Backbones: a picture's feature.
//!
//! The interface and the choice of path. Each kind is a module here and a line of
//! [`Backbone`]; it says what is computed in candle's own operations, on any
//! device, and `kernels` computes the same on the CPU and in WebAssembly
//! several times faster.

pub(crate) mod conv4;
pub(crate) mod efficientnet_lite0;
mod frozen;
mod norm;
mod operations;
pub(crate) mod resnet12;
#[cfg(test)]
mod tests;

use candle_core::{DType, Device, Tensor};

pub(crate) use self::operations::BatchStatistics;
pub use self::{
    conv4::{Conv4, FrozenConv4},
    efficientnet_lite0::EfficientNetLite0,
    frozen::FrozenNetwork,
    operations::MOMENTUM,
    resnet12::ResNet12,
};
pub use crate::kernels::{Activation, Convolution, Level, Moments, Step};
use crate::{BackboneConfig, Error, ModelConfig, Parameters, Result, rng::Rng};

/// Which implementation computes a backbone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// The project's kernels on the CPU; elsewhere candle's operations, on NVIDIA GPUs with kernels
    /// of the project's for those that take the time.
    #[default]
    Fastest,
    /// As on a GPU, everywhere: what the CPU's kernels are held against.
    Reference,
}

impl Backend {
    fn uses_kernels(self, device: &Device) -> bool {
        self == Self::Fastest && device.is_cpu()
    }
}

/// A backbone over a set of parameters, for training and inference.
#[derive(Clone, Debug)]
pub enum Backbone {
    /// Four blocks of the papers.
    Conv4(Conv4),
    /// The field's second standard.
    ResNet12(ResNet12),
    /// ImageNet's weights, for photographs; not trained here.
    EfficientNetLite0(EfficientNetLite0),
}

impl Backbone {
    /// Builds the backbone from `encoder.*`, which it shares with `parameters`: an
    /// optimizer's update of those is seen here.
    ///
    /// # Errors
    /// If a tensor is missing or of another shape than `config` asks for.
    pub fn new(config: &ModelConfig, parameters: &Parameters) -> Result<Self> {
        let input = config.image.channels;
        Ok(match &config.backbone {
            BackboneConfig::Conv4(config) => Self::Conv4(Conv4::new(config, input, parameters)?),
            BackboneConfig::ResNet12(config) => {
                Self::ResNet12(ResNet12::new(config, input, parameters)?)
            }
            BackboneConfig::EfficientNetLite0(config) => {
                Self::EfficientNetLite0(EfficientNetLite0::new(config, input, parameters)?)
            }
        })
    }

    /// Fresh parameters, drawn from `rng`.
    ///
    /// # Errors
    /// If the device cannot hold them.
    pub fn init(config: &ModelConfig, rng: &mut Rng, device: &Device) -> Result<Parameters> {
        let input = config.image.channels;
        match &config.backbone {
            BackboneConfig::Conv4(config) => Conv4::init(config, input, rng, device),
            BackboneConfig::ResNet12(config) => ResNet12::init(config, input, rng, device),
            BackboneConfig::EfficientNetLite0(_) => EfficientNetLite0::init(input, rng, device),
        }
    }

    /// The same backbone computed by `backend`.
    #[must_use]
    pub fn with_backend(self, backend: Backend) -> Self {
        match self {
            Self::Conv4(net) => Self::Conv4(net.with_backend(backend)),
            Self::ResNet12(net) => Self::ResNet12(net.with_backend(backend)),
            Self::EfficientNetLite0(net) => Self::EfficientNetLite0(net.with_backend(backend)),
        }
    }

    /// The same backbone with the kernels of one instruction set.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        match self {
            Self::Conv4(net) => Self::Conv4(net.with_level(level)),
            Self::ResNet12(net) => Self::ResNet12(net.with_level(level)),
            Self::EfficientNetLite0(net) => Self::EfficientNetLite0(net.with_level(level)),
        }
    }

    /// The last layer's output with BatchNorm over this batch; the running statistics move
    /// towards the batch's.
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, L), f32, L as [`last_dim`](crate::BackboneConfig::last_dim), differentiable
    ///   in the parameters; on the CPU its gradient can be taken once
    ///
    /// # Errors
    /// If the images do not fit, or the kind is not trained here.
    pub fn forward_train(&self, images: &Tensor) -> Result<Tensor> {
        match self {
            Self::Conv4(net) => net.forward_train(images),
            Self::ResNet12(net) => net.forward_train(images),
            Self::EfficientNetLite0(net) => net.forward_train(),
        }
    }

    /// Features with BatchNorm over the running statistics. To encode many
    /// batches with the same parameters, [`Self::freeze`] once instead.
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, D), f32
    ///
    /// # Errors
    /// If the images do not fit.
    pub fn forward(&self, images: &Tensor) -> Result<Tensor> {
        self.freeze()?.forward(images)
    }

    /// What the backbone does to a picture at its present parameters, step by step, with
    /// BatchNorm folded into the filters: for whoever computes it elsewhere.
    ///
    /// # Errors
    /// If the device fails.
    pub fn steps(&self) -> Result<Vec<Step>> {
        match self {
            Self::Conv4(net) => net.steps().collect(),
            Self::ResNet12(net) => net.steps().collect(),
            Self::EfficientNetLite0(net) => net.clone().into_steps().collect(),
        }
    }

    /// The backbone for inference at its present parameters.
    ///
    /// # Errors
    /// If the device fails.
    pub fn freeze(&self) -> Result<FrozenBackbone> {
        self.clone().into_frozen()
    }

    /// As [`Self::freeze`], with less memory: large networks let go of their parameters while
    /// they bring them into the order of the kernels, where nothing else holds them.
    ///
    /// # Errors
    /// If the device fails.
    pub fn into_frozen(self) -> Result<FrozenBackbone> {
        Ok(match self {
            Self::Conv4(net) => FrozenBackbone::Conv4(net.freeze()?),
            Self::ResNet12(net) => FrozenBackbone::Network(net.freeze()?),
            Self::EfficientNetLite0(net) => FrozenBackbone::Network(net.into_frozen()?),
        })
    }
}

/// A backbone whose parameters no longer change.
#[derive(Clone, Debug)]
pub enum FrozenBackbone {
    /// Four blocks of the papers.
    Conv4(FrozenConv4),
    /// Every other kind: a list of steps.
    Network(FrozenNetwork),
}

impl FrozenBackbone {
    /// Features with BatchNorm over the running statistics.
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, D), f32
    ///
    /// # Errors
    /// If the images do not fit.
    pub fn forward(&self, images: &Tensor) -> Result<Tensor> {
        match self {
            Self::Conv4(net) => net.forward(images),
            Self::Network(net) => net.forward(images),
        }
    }
}

/// Batch and side of images of `channels` channels and at least `least` pixels.
fn check_images(images: &Tensor, channels: usize, least: usize) -> Result<(usize, usize)> {
    let (batch, actual, height, width) = images.dims4()?;
    if actual != channels || height != width {
        return Err(Error::Shape {
            name: "images".into(),
            expected: (batch, channels, height, height).into(),
            actual: images.shape().clone(),
        });
    }
    if batch == 0 || height < least || images.dtype() != DType::F32 {
        return Err(Error::Argument {
            what: "the batch of images",
            actual: format!("{:?} of {:?}", images.shape(), images.dtype()),
            expected: "at least one f32 image that the backbone does not reduce to nothing",
        });
    }
    Ok((batch, height))
}

/// Candle's convolution for every number type is not worth its download.
fn refuse_in_webassembly() -> Result<()> {
    if cfg!(target_arch = "wasm32") {
        return Err(Error::Argument {
            what: "the backbone's backend",
            actual: "candle's operations".into(),
            expected: "the kernels, which are all there is in WebAssembly",
        });
    }
    Ok(())
}
