//! The second task of pre-training: telling by how many quarters a picture was
//! turned (Gidaris et al. 2019, "Boosting Few-Shot Visual Learning with
//! Self-Supervision"). Here a share of each batch is seen turned too, rather
//! than all of it three times more: most of the gain for a part of the time.

use anyhow::{Context, Result};
use candle_core::{Device, Tensor};
use fewshot::Parameters;
use fewshot::rng::{rng, uniform};
use rand::Rng as _;

use super::losses::cross_entropy;

const WEIGHT: &str = "head.turns.weight";
const BIAS: &str = "head.turns.bias";
/// 0, 90, 180 and 270 degrees.
const QUARTERS: usize = 4;

/// A linear classifier of turns, (4, D) and (4).
pub(super) fn fresh_head(seed: u64, dim: usize, device: &Device) -> Result<Parameters> {
    let mut draws = rng(seed, 1);
    let bound = 1.0 / (dim as f32).sqrt();
    let mut head = Parameters::default();
    head.insert(WEIGHT, uniform(&mut draws, bound, (QUARTERS, dim), device)?);
    head.insert(BIAS, uniform(&mut draws, bound, QUARTERS, device)?);
    Ok(head)
}

/// Adds turned copies of the first `count` pictures; returns by how many
/// quarters each was turned, 1 to 3.
///
/// # Shapes
/// - `pixels`: (B, C, S, S), becomes (B + count, C, S, S)
pub(super) fn append(
    pixels: &mut Vec<f32>,
    count: usize,
    channels: usize,
    size: usize,
    seed: u64,
) -> Vec<u32> {
    let mut draws = rng(seed, u64::MAX);
    let length = channels * size * size;
    let mut quarters = Vec::with_capacity(count);
    pixels.reserve_exact(count * length);
    for index in 0..count {
        let turn = draws.random_range(1..QUARTERS as u32);
        quarters.push(turn);
        let upright = pixels[index * length..(index + 1) * length].to_vec();
        pixels
            .extend(upright.chunks_exact(size * size).flat_map(|plane| turned(plane, size, turn)));
    }
    quarters
}

/// A plane turned counter-clockwise.
fn turned(plane: &[f32], size: usize, quarters: u32) -> Vec<f32> {
    let last = size - 1;
    let source = |y: usize, x: usize| match quarters {
        1 => (x, last - y),
        2 => (last - y, last - x),
        3 => (last - x, y),
        _ => (y, x),
    };
    let places = (0..size).flat_map(|y| (0..size).map(move |x| source(y, x)));
    places.map(|(y, x)| plane[y * size + x]).collect()
}

/// The task's loss. A third as many upright pictures stand beside the turned
/// ones, so that all four answers are equally common.
///
/// # Shapes
/// - features: (B + R, D), of which the last R = `quarters.len()` are turned
pub(super) fn loss(heads: &Parameters, features: &Tensor, quarters: &[u32]) -> Result<Tensor> {
    let count = quarters.len();
    let whole = features.dim(0)?;
    let upright = (count / (QUARTERS - 1)).clamp(1, whole - count);
    let rows = [features.narrow(0, 0, upright)?, features.narrow(0, whole - count, count)?];
    let labels: Vec<u32> =
        std::iter::repeat_n(0, upright).chain(quarters.iter().copied()).collect();
    let weight = heads.find(WEIGHT).context("the classifier of turns is gone")?;
    let bias = heads.find(BIAS).context("the classifier of turns is gone")?;
    let scores = Tensor::cat(&rows, 0)?.matmul(&weight.t()?)?.broadcast_add(bias)?;
    Ok(cross_entropy(&scores, &Tensor::new(labels, features.device())?, 0.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_is_counter_clockwise_and_four_are_none() {
        let plane = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(turned(&plane, 2, 1), [2.0, 4.0, 1.0, 3.0]);
        assert_eq!(turned(&turned(&plane, 2, 1), 2, 1), turned(&plane, 2, 2));
        assert_eq!(turned(&turned(&plane, 2, 2), 2, 1), turned(&plane, 2, 3));
        assert_eq!(turned(&turned(&plane, 2, 3), 2, 1), plane);
    }

    #[test]
    fn copies_are_added_behind_and_the_loss_is_finite() -> Result<()> {
        let mut pixels: Vec<f32> = (0..3 * 8).map(|value| value as f32).collect();
        let quarters = append(&mut pixels, 2, 2, 2, 5);
        assert_eq!(pixels.len(), 5 * 8);
        assert_eq!(pixels[24..28], *turned(&pixels[..4], 2, quarters[0]));
        let heads = fresh_head(0, 8, &Device::Cpu)?;
        let features = Tensor::from_vec(pixels, (5, 8), &Device::Cpu)?;
        assert!(loss(&heads, &features, &quarters)?.to_scalar::<f32>()?.is_finite());
        Ok(())
    }
}
