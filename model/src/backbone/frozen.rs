//! A backbone for inference, given as a list of steps.

mod reference;

use std::sync::Arc;

use candle_core::{Device, Tensor};

use self::reference::Reference;
use super::{Backend, check_images, refuse_in_webassembly};
use crate::{
    Result,
    kernels::{Level, Plan, Step},
};

/// A network whose parameters no longer change. Clones share its numbers.
#[derive(Clone, Debug)]
pub struct FrozenNetwork {
    input_channels: usize,
    /// Smallest side of a picture that it takes.
    least: usize,
    path: Path,
}

#[derive(Clone, Debug)]
enum Path {
    Kernels(Arc<Plan>),
    Reference(Arc<Reference>),
}

/// What computes a network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub backend: Backend,
    pub level: Level,
}

impl Choice {
    pub fn new() -> Self {
        Self { backend: Backend::default(), level: Level::best() }
    }
}

impl FrozenNetwork {
    /// A network of `steps` for pictures of `input_channels` and at least `least` pixels.
    ///
    /// # Errors
    /// If a step cannot be made, or there is no such path in WebAssembly.
    pub(super) fn new(
        choice: Choice,
        device: &Device,
        input_channels: usize,
        least: usize,
        steps: impl Iterator<Item = Result<Step>>,
    ) -> Result<Self> {
        let path = if choice.backend.uses_kernels(device) {
            Path::Kernels(Arc::new(Plan::new(choice.level, input_channels, steps)?))
        } else {
            refuse_in_webassembly()?;
            Path::Reference(Arc::new(Reference::new(device, steps)?))
        };
        Ok(Self { input_channels, least, path })
    }

    /// Features with BatchNorm over the running statistics.
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, D), f32
    ///
    /// # Errors
    /// If the images do not fit.
    pub fn forward(&self, images: &Tensor) -> Result<Tensor> {
        let (batch, side) = check_images(images, self.input_channels, self.least)?;
        match &self.path {
            Path::Kernels(plan) => {
                let features = plan.forward(&images.flatten_all()?.to_vec1::<f32>()?, side);
                let dim = features.len() / batch;
                Ok(Tensor::from_vec(features, (batch, dim), images.device())?)
            }
            Path::Reference(reference) => {
                refuse_in_webassembly()?;
                reference.forward(images)
            }
        }
    }
}
