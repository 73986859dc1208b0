//! One stage on several devices: a replica of the network on each, and a share of every
//! step's work. The gradients are averaged before any of them is used, so all replicas take
//! the same step and their weights stay equal, as PyTorch's DistributedDataParallel does it.
//!
//! What each replica computes by itself, as there: BatchNorm normalises with the share's own
//! statistics, and the running ones are those of the first replica.

mod collective;
mod meeting;
#[cfg(feature = "nccl")]
mod nccl;
mod replicas;
mod share;
#[cfg(test)]
mod tests;

use anyhow::{Result, bail};
use candle_core::Device;

pub(super) use replicas::Replicas;
pub(super) use share::{Part, Share};

use crate::recipe::{Recipe, Stage};

/// Checks that the steps of a recipe can be divided among so many devices.
///
/// # Errors
/// Names the stage whose batches cannot, and what to set.
pub(super) fn check(recipe: &Recipe, devices: &[Device]) -> Result<()> {
    let count = devices.len();
    for (index, stage) in recipe.stage.iter().enumerate() {
        if let Stage::Pretrain(stage) = stage
            && !stage.batch.is_multiple_of(count)
        {
            // Shares of other sizes would weigh some pictures more than others.
            bail!(
                "a batch of {} pictures cannot be divided among {count} devices; set \
                 stage.{index}.batch={} or give other devices",
                stage.batch,
                stage.batch.next_multiple_of(count)
            );
        }
    }
    Ok(())
}

/// Whether a stage is divided: where the backbone learns. The others cost little and are
/// carried out on the first device.
pub(super) fn is_divided(stage: &Stage, devices: &[Device]) -> bool {
    devices.len() > 1 && matches!(stage, Stage::Pretrain(_) | Stage::Episodic(_))
}
