//! Conv-4: four blocks of conv 3x3 → BatchNorm → ReLU → MaxPool 2, flattened
//! (Vinyals et al. 2016, section 4.1; Snell et al. 2017, section 3).
//!
//! [`reference`] says what is computed, in candle's own operations, on any
//! device; [`crate::kernels`] computes the same on the CPU and in WebAssembly.

mod block;
mod init;
mod reference;

use std::sync::Arc;

use candle_core::{Device, Tensor};

pub(crate) use block::Block;

use super::{Backend, check_images, refuse_in_webassembly};
use crate::{
    Parameters, Result,
    config::Conv4Config,
    kernels::{FoldedConv4, Level, Step, TrainKernels},
    rng::Rng,
};

/// Added to the variance before the root, PyTorch's default.
pub const EPSILON: f64 = 1e-5;

/// Conv-4 over a set of parameters, for training and inference.
#[derive(Clone, Debug)]
pub struct Conv4 {
    blocks: Vec<Block>,
    /// Weight of the last but one block's output in the feature.
    penultimate: f32,
    backend: Backend,
    level: Level,
    kernels: TrainKernels,
}

impl Conv4 {
    /// Over `encoder.{block}.{0,1}.*` of `parameters`, for pictures of `input` channels.
    ///
    /// # Errors
    /// If a tensor is missing or of another shape than `config` asks for.
    pub fn new(config: &Conv4Config, input: usize, parameters: &Parameters) -> Result<Self> {
        let blocks = (0..config.blocks)
            .map(|index| Block::new(config, input, parameters, index))
            .collect::<Result<_>>()?;
        let level = Level::best();
        Ok(Self {
            blocks,
            penultimate: config.penultimate,
            backend: Backend::default(),
            level,
            kernels: TrainKernels::new(level),
        })
    }

    /// The same network computed by `backend`.
    #[must_use]
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// The same network with the kernels of one instruction set.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        Self { level, kernels: TrainKernels::new(level), ..self }
    }

    /// Fresh parameters as PyTorch initialises them (Kaiming-uniform convolutions,
    /// BatchNorm at the identity), drawn from `rng`.
    ///
    /// # Errors
    /// If the device cannot hold them.
    pub fn init(
        config: &Conv4Config,
        input: usize,
        rng: &mut Rng,
        device: &Device,
    ) -> Result<Parameters> {
        init::parameters(config, input, rng, device)
    }

    /// The last block's output with BatchNorm over this batch; the running statistics move by
    /// [`MOMENTUM`](super::MOMENTUM) towards the batch's.
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, L), f32, L as [`last_dim`](crate::BackboneConfig::last_dim), differentiable
    ///   in the parameters; on the CPU its gradient can be taken once
    ///
    /// # Errors
    /// If the images do not fit the first block.
    pub fn forward_train(&self, images: &Tensor) -> Result<Tensor> {
        check(&self.blocks, images)?;
        let (features, statistics) = if self.backend.uses_kernels(images.device()) {
            self.kernels.forward(&self.blocks, images)?
        } else {
            reference::forward_train(&self.blocks, images)?
        };
        for (block, batch) in self.blocks.iter().zip(statistics) {
            block.update_running(&batch)?;
        }
        Ok(features)
    }

    /// What the network does, with the running statistics folded in; what joins the feature from
    /// the last but one block, [`Conv4Config::penultimate`] tells.
    pub(super) fn steps(&self) -> impl Iterator<Item = Result<Step>> {
        self.blocks.iter().flat_map(|block| {
            let convolve = |convolution| Step::Convolve { convolution, add_kept: false };
            [block.fold().map(convolve), Ok(Step::MaxPool)]
        })
    }

    /// The network for inference at its present parameters.
    ///
    /// # Errors
    /// If the device fails.
    pub fn freeze(&self) -> Result<FrozenConv4> {
        let blocks = self.blocks.iter().map(Block::detach).collect::<Result<Vec<_>>>()?;
        let kernels = self.backend.uses_kernels(blocks[0].weight.device());
        let penultimate = self.penultimate;
        let folded = || FoldedConv4::new(&blocks, penultimate, self.level);
        let folded = kernels.then(folded).transpose()?.map(Arc::new);
        Ok(FrozenConv4 { blocks, penultimate, folded })
    }
}

/// Conv-4 whose parameters no longer change.
#[derive(Clone, Debug)]
pub struct FrozenConv4 {
    blocks: Vec<Block>,
    penultimate: f32,
    /// The same in the kernels' form, where those are used.
    folded: Option<Arc<FoldedConv4>>,
}

impl FrozenConv4 {
    /// Features with BatchNorm over the running statistics.
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, D), f32
    ///
    /// # Errors
    /// If the images do not fit the first block.
    pub fn forward(&self, images: &Tensor) -> Result<Tensor> {
        let (batch, side) = check(&self.blocks, images)?;
        let Some(folded) = &self.folded else {
            refuse_in_webassembly()?;
            return reference::forward(&self.blocks, self.penultimate, images);
        };
        let features = folded.forward(&images.flatten_all()?.to_vec1::<f32>()?, side);
        let dim = features.len() / batch;
        Ok(Tensor::from_vec(features, (batch, dim), images.device())?)
    }
}

/// Batch and side of images that the blocks can take.
fn check(blocks: &[Block], images: &Tensor) -> Result<(usize, usize)> {
    let (_, channels, _, _) = blocks[0].weight.dims4()?;
    check_images(images, channels, 1 << blocks.len())
}
