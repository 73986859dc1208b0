//! Steps of the optimizers, in place: one launch for a variable instead of a dozen.

use candle_core::{Result, Tensor};

use super::kernel::{blocks, kernel, launch, memory};

/// Decay rates of Adam's memories, and what keeps its divisor from 0.
#[derive(Clone, Copy, Debug)]
pub struct Betas {
    /// Of the mean of gradients.
    pub first: f32,
    /// Of the mean of their squares.
    pub second: f32,
    /// Added to the root.
    pub epsilon: f32,
}

/// A step of Adam (Kingma and Ba 2015, algorithm 1), as PyTorch takes it: `weight`, `mean` and
/// `square` are changed in place. `shares` are `1 / (1 − beta^t)` at the `t`-th step.
///
/// # Errors
/// If the four are not of one shape, not contiguous f32, or not on one GPU.
pub fn adam(
    [weight, mean, square]: [&Tensor; 3],
    gradient: &Tensor,
    (decay, rate): (f32, f32),
    betas: Betas,
    [first_share, second_share]: [f32; 2],
) -> Result<()> {
    let length = length_of(&[weight, mean, square, gradient])?;
    let [weight, mean, square, gradient] = [weight, mean, square, gradient].map(memory);
    let (device, grid) = (weight.device()?, (length.div_ceil(256), 1, 1));
    let length = length as i32;
    // SAFETY: all four have `length` values, and a thread past them does nothing. What is written
    // belongs to tensors that nothing else uses during the call, and the stream keeps the order.
    unsafe {
        launch!(
            device,
            "adam",
            blocks(grid, 256),
            &weight.values()?,
            &mean.values()?,
            &square.values()?,
            &gradient.values()?,
            &length,
            &decay,
            &rate,
            &betas.first,
            &betas.second,
            &betas.epsilon,
            &first_share,
            &second_share,
        );
    }
    Ok(())
}

/// A step of gradient descent with Nesterov's momentum, as PyTorch takes it: `weight` and
/// `momentum` are changed in place; `kept` is the share of the momentum that stays.
///
/// # Errors
/// As of [`adam`].
pub fn nesterov(
    [weight, momentum]: [&Tensor; 2],
    gradient: &Tensor,
    (decay, rate): (f32, f32),
    kept: f32,
) -> Result<()> {
    let length = length_of(&[weight, momentum, gradient])?;
    let [weight, momentum, gradient] = [weight, momentum, gradient].map(memory);
    let (device, grid) = (weight.device()?, (length.div_ceil(256), 1, 1));
    let length = length as i32;
    // SAFETY: as above.
    unsafe {
        launch!(
            device,
            "nesterov",
            blocks(grid, 256),
            &weight.values()?,
            &momentum.values()?,
            &gradient.values()?,
            &length,
            &decay,
            &rate,
            &kept,
        );
    }
    Ok(())
}

fn length_of(all: &[&Tensor]) -> Result<usize> {
    match all.iter().find(|other| other.shape() != all[0].shape()) {
        Some(other) => candle_core::bail!("{:?} beside {:?}", other.shape(), all[0].shape()),
        None => Ok(all[0].elem_count()),
    }
}
