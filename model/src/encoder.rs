//! Conv-4: four blocks of conv 3x3 → BatchNorm → ReLU → MaxPool 2, flattened
//! (Vinyals et al. 2016, section 4.1; Snell et al. 2017, section 3).
//!
//! The interface and the choice of path. [`reference`] says what is computed,
//! in candle's own operations, on any device; [`crate::kernels`] computes the
//! same on the CPU and in WebAssembly several times faster.

mod block;
mod init;
mod reference;

use candle_core::{Device, Tensor};

pub(crate) use block::Block;

use crate::{ModelConfig, Parameters, Result, rng::Rng};

/// Share of the batch's statistics in the running ones at each step, PyTorch's default.
pub const MOMENTUM: f64 = 0.1;
/// Added to the variance before the root, PyTorch's default.
pub const EPSILON: f64 = 1e-5;

/// Which implementation computes the encoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// The project's kernels on the CPU, candle's operations elsewhere.
    #[default]
    Fastest,
    /// Candle's operations everywhere: what the kernels are held against.
    Reference,
}

/// The encoder over a set of parameters, for training and inference.
#[derive(Clone, Debug)]
pub struct Encoder {
    blocks: Vec<Block>,
    backend: Backend,
}

impl Encoder {
    /// Builds the encoder from `encoder.{block}.{0,1}.*`, which it shares with
    /// `parameters`: an optimizer's update of those is seen here.
    ///
    /// # Errors
    /// If a tensor is missing or of another shape than `config` asks for.
    pub fn new(config: &ModelConfig, parameters: &Parameters) -> Result<Self> {
        let blocks = (0..config.encoder.blocks)
            .map(|index| Block::new(config, parameters, index))
            .collect::<Result<_>>()?;
        Ok(Self { blocks, backend: Backend::default() })
    }

    /// The same encoder computed by `backend`.
    #[must_use]
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// Fresh parameters as PyTorch initialises them (Kaiming-uniform convolutions,
    /// BatchNorm at the identity), drawn from `rng`.
    pub fn init(config: &ModelConfig, rng: &mut Rng, device: &Device) -> Result<Parameters> {
        init::parameters(config, rng, device)
    }

    /// Features with BatchNorm over this batch; the running statistics move by
    /// [`MOMENTUM`] towards the batch's.
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, D), f32, differentiable in the parameters
    ///
    /// # Errors
    /// If the images do not fit the first block.
    pub fn forward_train(&self, images: &Tensor) -> Result<Tensor> {
        let (features, statistics) = reference::forward_train(&self.blocks, images)?;
        for (block, batch) in self.blocks.iter().zip(statistics) {
            block.update_running(&batch)?;
        }
        Ok(features)
    }

    /// Features with BatchNorm over the running statistics. To encode many
    /// batches with the same parameters, [`Self::freeze`] once instead.
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, D), f32
    ///
    /// # Errors
    /// If the images do not fit the first block.
    pub fn forward(&self, images: &Tensor) -> Result<Tensor> {
        self.freeze()?.forward(images)
    }

    /// The encoder for inference at its present parameters.
    pub fn freeze(&self) -> Result<FrozenEncoder> {
        let blocks = self.blocks.iter().map(Block::detach).collect::<Result<_>>()?;
        Ok(FrozenEncoder { blocks, backend: self.backend })
    }
}

/// An encoder whose parameters no longer change.
#[derive(Clone, Debug)]
pub struct FrozenEncoder {
    blocks: Vec<Block>,
    backend: Backend,
}

impl FrozenEncoder {
    /// Features with BatchNorm over the running statistics.
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, D), f32
    ///
    /// # Errors
    /// If the images do not fit the first block.
    pub fn forward(&self, images: &Tensor) -> Result<Tensor> {
        let _ = self.backend;
        reference::forward(&self.blocks, images)
    }
}
