//! Conv-4: four blocks of conv 3x3 → BatchNorm → ReLU → MaxPool 2, flattened
//! (Vinyals et al. 2016, section 4.1; Snell et al. 2017, section 3).
//!
//! The interface and the choice of path. [`reference`] says what is computed,
//! in candle's own operations, on any device; [`crate::kernels`] computes the
//! same on the CPU and in WebAssembly several times faster.

mod block;
mod init;
mod reference;

use std::sync::Arc;

use candle_core::{DType, Device, Tensor};

pub(crate) use block::{BatchStatistics, Block};

use crate::{
    Error, ModelConfig, Parameters, Result,
    kernels::{FoldedEncoder, Level, TrainKernels},
    rng::Rng,
};

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
    level: Level,
    kernels: TrainKernels,
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
        let level = Level::best();
        Ok(Self { blocks, backend: Backend::default(), level, kernels: TrainKernels::new(level) })
    }

    /// The same encoder computed by `backend`.
    #[must_use]
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// The same encoder with the kernels of one instruction set.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        Self { level, kernels: TrainKernels::new(level), ..self }
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
    /// - output: (B, D), f32, differentiable in the parameters; on the CPU its
    ///   gradient can be taken once
    ///
    /// # Errors
    /// If the images do not fit the first block.
    pub fn forward_train(&self, images: &Tensor) -> Result<Tensor> {
        check_images(&self.blocks, images)?;
        let (features, statistics) = if uses_kernels(self.backend, images.device()) {
            self.kernels.forward(&self.blocks, images)?
        } else {
            reference::forward_train(&self.blocks, images)?
        };
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
        let blocks = self.blocks.iter().map(Block::detach).collect::<Result<Vec<_>>>()?;
        let kernels = uses_kernels(self.backend, blocks[0].weight.device());
        let folded = kernels.then(|| FoldedEncoder::new(&blocks, self.level)).transpose()?;
        Ok(FrozenEncoder { blocks, folded: folded.map(Arc::new) })
    }
}

/// An encoder whose parameters no longer change.
#[derive(Clone, Debug)]
pub struct FrozenEncoder {
    blocks: Vec<Block>,
    /// The same in the kernels' form, where those are used.
    folded: Option<Arc<FoldedEncoder>>,
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
        let (batch, side) = check_images(&self.blocks, images)?;
        let Some(folded) = &self.folded else {
            return self.without_kernels(images);
        };
        let features = folded.forward(&images.flatten_all()?.to_vec1::<f32>()?, side);
        let dim = features.len() / batch;
        Ok(Tensor::from_vec(features, (batch, dim), images.device())?)
    }

    /// Candle's convolution for every number type is not worth its download.
    fn without_kernels(&self, images: &Tensor) -> Result<Tensor> {
        if cfg!(target_arch = "wasm32") {
            return Err(Error::Argument {
                what: "the encoder's backend",
                actual: "candle's operations".into(),
                expected: "the kernels, which are all there is in WebAssembly",
            });
        }
        reference::forward(&self.blocks, images)
    }
}

fn uses_kernels(backend: Backend, device: &Device) -> bool {
    backend == Backend::Fastest && device.is_cpu()
}

/// Batch and side of images that the blocks can take.
fn check_images(blocks: &[Block], images: &Tensor) -> Result<(usize, usize)> {
    let (batch, channels, height, width) = images.dims4()?;
    let (_, expected_channels, _, _) = blocks[0].weight.dims4()?;
    if channels != expected_channels || height != width {
        return Err(Error::Shape {
            name: "images".into(),
            expected: (batch, expected_channels, height, height).into(),
            actual: images.shape().clone(),
        });
    }
    if batch == 0 || height >> blocks.len() == 0 || images.dtype() != DType::F32 {
        return Err(Error::Argument {
            what: "the batch of images",
            actual: format!("{:?} of {:?}", images.shape(), images.dtype()),
            expected: "at least one f32 image that the blocks do not halve to nothing",
        });
    }
    Ok((batch, height))
}
