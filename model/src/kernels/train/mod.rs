//! Conv-4 in training: BatchNorm over the batch, forward and backward.
//!
//! A [`Workspace`] holds all maps of a step and is used again by the next, since
//! asking the system for hundreds of megabytes each step costs as much as the
//! arithmetic. How gradients reach candle is [`super::op`]'s.

mod backward;
mod forward;
mod workspace;

pub(super) use workspace::{Sizes, Workspace};

use super::layout::FilterShape;

/// One block's parameters as plain numbers, in PyTorch's order.
#[derive(Clone, Debug)]
pub(super) struct BlockParameters {
    /// (O, I, 3, 3)
    pub weight: Vec<f32>,
    /// (O)
    pub gamma: Vec<f32>,
    /// (O)
    pub beta: Vec<f32>,
}

/// One block's gradients. The convolution's bias has none: BatchNorm removes it.
#[derive(Clone, Debug, Default)]
pub(super) struct BlockGradients {
    /// (O, I, 3, 3)
    pub weight: Vec<f32>,
    /// (O)
    pub gamma: Vec<f32>,
    /// (O)
    pub beta: Vec<f32>,
}

/// What BatchNorm measured before the convolution's bias, each (O).
#[derive(Clone, Debug)]
pub(super) struct BlockStatistics {
    pub mean: Vec<f32>,
    /// Unbiased.
    pub variance: Vec<f32>,
}

/// Sums ordered parts, so that the result does not depend on who was first.
fn sum(parts: &[Vec<f32>]) -> Vec<f64> {
    let mut total = vec![0.0; parts.first().map_or(0, Vec::len)];
    for part in parts {
        total.iter_mut().zip(part).for_each(|(total, part)| *total += f64::from(*part));
    }
    total
}

fn filter_shape(sizes: &Sizes, block: usize) -> FilterShape {
    let width = super::map::padded(sizes.channels);
    let (input, padded_input) = if block == 0 {
        (sizes.input_channels, sizes.input_channels)
    } else {
        (sizes.channels, width)
    };
    FilterShape { output: sizes.channels, input, padded_input }
}
