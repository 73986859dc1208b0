//! The training kernels as one candle operation, so that gradients flow through
//! candle's `backward` to the parameters.
//!
//! The operation's argument is all parameters in one row (candle's operations
//! take three tensors at most); `cat` hands each its part of the gradient.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp1, Layout, Shape, Tensor};

use super::{
    simd::Level,
    train::{BlockParameters, Sizes, Workspace},
};
use crate::{
    Result,
    backbone::{BatchStatistics, conv4::Block},
};

/// Workspaces kept for the next step: training alternates between few shapes.
const KEPT: usize = 2;

type Pool = Arc<Mutex<Vec<Workspace>>>;

/// Forward and backward of Conv-4 in training. Clones share workspaces.
#[derive(Clone, Debug)]
pub(crate) struct TrainKernels {
    level: Level,
    pool: Pool,
}

impl TrainKernels {
    pub fn new(level: Level) -> Self {
        Self { level, pool: Pool::default() }
    }

    /// Features and each block's statistics.
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, on the CPU
    /// - output: (B, D), differentiable in the parameters, not in the images
    ///
    /// # Errors
    /// If the images do not fit the first block.
    pub fn forward(
        &self,
        blocks: &[Block],
        images: &Tensor,
    ) -> Result<(Tensor, Vec<BatchStatistics>)> {
        let (batch, _, side, _) = images.dims4()?;
        let (channels, input_channels, _, _) = blocks[0].weight.dims4()?;
        let sizes = Sizes { batch, side, input_channels, channels, blocks: blocks.len() };
        let mut parameters = Vec::with_capacity(blocks.len());
        let mut row = Vec::with_capacity(4 * blocks.len());
        for block in blocks {
            let weight = block.weight.flatten_all()?;
            parameters.push(BlockParameters {
                weight: weight.to_vec1()?,
                gamma: block.gamma.to_vec1()?,
                beta: block.beta.to_vec1()?,
            });
            row.extend([weight, block.bias.clone(), block.gamma.clone(), block.beta.clone()]);
        }
        let mut workspace = take(&self.pool, sizes);
        let pixels = images.flatten_all()?.to_vec1::<f32>()?;
        let (features, measured) = workspace.forward(self.level, &pixels, &parameters);
        let mut statistics = Vec::with_capacity(blocks.len());
        for (block, measured) in blocks.iter().zip(measured) {
            let device = images.device();
            let mean = Tensor::from_vec(measured.mean, channels, device)?;
            statistics.push(BatchStatistics {
                // The kernels leave the bias out: it only shifts the mean.
                mean: (mean + block.bias.detach())?,
                var: Tensor::from_vec(measured.variance, channels, device)?,
            });
        }
        let step = Step {
            level: self.level,
            shape: Shape::from((batch, features.len() / batch.max(1))),
            features: Mutex::new(Some(features)),
            parameters,
            workspace: Mutex::new(Some(workspace)),
            pool: Arc::clone(&self.pool),
        };
        Ok((Tensor::cat(&row, 0)?.apply_op1(step)?, statistics))
    }
}

/// A workspace of these sizes, used before where there is one.
fn take(pool: &Pool, sizes: Sizes) -> Workspace {
    let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = pool.iter().position(|workspace| workspace.sizes == sizes);
    kept.map_or_else(|| Workspace::new(sizes), |index| pool.swap_remove(index))
}

/// One forward pass, which may be asked for its gradient once.
struct Step {
    level: Level,
    shape: Shape,
    features: Mutex<Option<Vec<f32>>>,
    parameters: Vec<BlockParameters>,
    workspace: Mutex<Option<Workspace>>,
    pool: Pool,
}

impl Step {
    fn take_workspace(&self) -> Option<Workspace> {
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn give_back(&self, workspace: Workspace) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.push(workspace);
        if pool.len() > KEPT {
            pool.remove(0);
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(workspace) = self.take_workspace() {
            self.give_back(workspace);
        }
    }
}

impl CustomOp1 for Step {
    fn name(&self) -> &'static str {
        "conv4-train"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let features = self.features.lock().unwrap_or_else(PoisonError::into_inner).take();
        let features = features
            .ok_or_else(|| candle_core::Error::msg("the backbone's step was applied twice"))?;
        Ok((CpuStorage::F32(features), self.shape.clone()))
    }

    fn bwd(
        &self,
        row: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<Option<Tensor>> {
        let mut workspace = self.take_workspace().ok_or_else(|| {
            candle_core::Error::msg(
                "the backbone's gradient was asked for twice; run it forward again",
            )
        })?;
        let gradient = gradient.flatten_all()?.to_vec1::<f32>()?;
        let blocks = workspace.backward(self.level, &gradient, &self.parameters);
        self.give_back(workspace);
        let mut parts = Vec::with_capacity(row.elem_count());
        for block in blocks {
            parts.extend(&block.weight);
            parts.extend(std::iter::repeat_n(0.0, block.beta.len()));
            parts.extend(&block.gamma);
            parts.extend(&block.beta);
        }
        Tensor::from_vec(parts, row.shape(), row.device()).map(Some)
    }
}
