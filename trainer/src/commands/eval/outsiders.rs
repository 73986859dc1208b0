//! "None of these": how well queries of classes that were not given are told
//! from those that were.

use std::fmt;

use anyhow::{Context, Result};
use candle_core::Tensor;
use fewshot::{EpisodeSampler, EpisodeShape, Model};
use serde::Serialize;

use super::Protocol;
use crate::episodes::{self, auroc};

/// What an evaluation with outsiders adds to a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outsiders {
    /// Mean area under the ROC curve of the rejection score.
    pub auroc: f64,
    /// Half the width of its 95 % interval.
    pub auroc_ci95: f64,
    /// Share of insiders kept at the model's threshold, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<f64>,
    /// Share of outsiders rejected there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<f64>,
}

/// Episodes of twice the ways: the second half's queries are the outsiders.
pub(super) fn sampler(protocol: &Protocol, class_sizes: &[usize]) -> Result<EpisodeSampler> {
    let EpisodeShape { ways, .. } = protocol.shape;
    let shape = EpisodeShape { ways: 2 * ways, ..protocol.shape };
    EpisodeSampler::new(class_sizes.to_vec(), shape, protocol.seed).with_context(|| {
        format!("--outsiders takes {ways} further classes for each {ways}-way episode")
    })
}

/// Runs the protocol's number of episodes.
pub(super) fn measure(
    model: &Model,
    protocol: &Protocol,
    features: &[Tensor],
) -> Result<Outsiders> {
    let sizes = features.iter().map(|class| class.dim(0)).collect::<Result<Vec<_>, _>>()?;
    let episodes = episodes::outsiders(features, &sampler(protocol, &sizes)?, protocol.episodes)?;
    let area = auroc(&episodes).context("a rejection score is not a number")?;
    let threshold = model.config.rejection.as_ref().map(|rejection| rejection.threshold);
    let share = |side: fn(&episodes::Strangeness) -> &[f32], above: bool| {
        threshold.map(|threshold| {
            let scores = || episodes.iter().flat_map(side);
            let found = scores().filter(|score| (**score > threshold) == above).count();
            found as f64 / scores().count() as f64
        })
    };
    Ok(Outsiders {
        auroc: area.mean,
        auroc_ci95: area.ci95,
        kept: share(|episode| &episode.0, false),
        rejected: share(|episode| &episode.1, true),
    })
}

impl fmt::Display for Outsiders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "none of these: AUROC {:.4} ± {:.4}", self.auroc, self.auroc_ci95)?;
        if let (Some(kept), Some(rejected)) = (self.kept, self.rejected) {
            write!(
                f,
                "; at the model's threshold {:.1} % of queries are kept, {:.1} % of outsiders \
                 rejected",
                100.0 * kept,
                100.0 * rejected
            )?;
        }
        Ok(())
    }
}
