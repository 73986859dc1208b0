//! Fully connected layers without a gradient, `x · weightᵀ`.
//!
//! In blocks: one of the weight is turned and stays in the cache while every row
//! of x passes by. Bias and activation are the caller's; where gradients are
//! wanted candle multiplies.

use candle_core::{CpuStorage, Layout, Storage, Tensor};

use super::{matmul::Matmul, parallel, scratch, simd::Level};
use crate::{Error, Result};

/// Side of a block of the weight.
const BLOCK: usize = 160;
/// Columns that lie together in a turned block; a panel stays in the first cache
/// while rows of x pass by.
const PANEL: usize = super::map::CHANNEL_MULTIPLE;
/// Rows of x that stay there too while a block's panels pass by.
const ROWS: usize = 32;

/// # Shapes
/// - input: (m, k), f32, on the CPU
/// - weight: (n, k), f32, on the CPU, its rows contiguous: a part of a larger
///   matrix's columns is taken as it is
/// - output: (m, n)
///
/// # Errors
/// If the two have different k.
pub(crate) fn linear(level: Level, input: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let ((m, k), (n, weight_k)) = (input.dims2()?, weight.dims2()?);
    if k != weight_k {
        return Err(Error::Shape {
            name: "input".into(),
            expected: (m, weight_k).into(),
            actual: input.shape().clone(),
        });
    }
    if m == 0 {
        return Ok(Tensor::from_vec(Vec::<f32>::new(), (m, n), input.device())?);
    }
    let (input, weight) = (input.contiguous()?, rows_contiguous(weight)?);
    let row_stride = weight.stride()[0];
    let product = with_values(&input, |x| {
        with_values(&weight, |weight| product(level, x, weight, row_stride, [m, k, n]))
    })??;
    Ok(Tensor::from_vec(product, (m, n), input.device())?)
}

fn rows_contiguous(weight: &Tensor) -> Result<Tensor> {
    Ok(if weight.stride()[1] == 1 { weight.clone() } else { weight.contiguous()? })
}

/// Calls `work` with the values from the tensor's first on.
pub(super) fn with_values<R>(tensor: &Tensor, work: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let (storage, layout): (_, &Layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(CpuStorage::F32(values)) => Ok(work(&values[layout.start_offset()..])),
        _ => Err(Error::Argument {
            what: "a matrix",
            actual: format!("{:?} on {:?}", tensor.dtype(), tensor.device().location()),
            expected: "f32 on the CPU",
        }),
    }
}

fn product(
    level: Level,
    x: &[f32],
    weight: &[f32],
    row_stride: usize,
    [m, k, n]: [usize; 3],
) -> Vec<f32> {
    let columns = (0..n).step_by(BLOCK).map(|start| start..n.min(start + BLOCK));
    let parts = parallel::map(columns.clone(), |columns| {
        let panels = columns.len().div_ceil(PANEL);
        let mut sums = vec![0.0; panels * m * PANEL];
        scratch::with([panels * BLOCK * PANEL], |[turned]| {
            for first in (0..k).step_by(BLOCK) {
                let depth = BLOCK.min(k - first);
                let rows: Vec<&[f32]> = columns
                    .clone()
                    .map(|row| &weight[row * row_stride + first..][..depth])
                    .collect();
                for (rows, panel) in rows.chunks(PANEL).zip(turned.chunks_mut(depth * PANEL)) {
                    turn(rows, panel);
                }
                for from in (0..m).step_by(ROWS) {
                    let rows = ROWS.min(m - from);
                    let panels = turned.chunks(depth * PANEL).zip(sums.chunks_mut(m * PANEL));
                    for (panel, sums) in panels {
                        Matmul {
                            shape: [rows, depth, PANEL],
                            a: &x[from * k + first..],
                            a_strides: [k, 1],
                            b: panel,
                            c: &mut sums[from * PANEL..][..rows * PANEL],
                            accumulate: true,
                        }
                        .run_on(level);
                    }
                }
            }
        });
        sums
    });
    let mut out = vec![0.0; m * n];
    for (columns, part) in columns.zip(parts) {
        let panels = columns.step_by(PANEL).zip(part.chunks_exact(m * PANEL));
        for (column, panel) in panels {
            let rows = panel.chunks_exact(PANEL);
            for (row, out) in rows.zip(out.chunks_exact_mut(n)) {
                let to = &mut out[column..n.min(column + PANEL)];
                to.copy_from_slice(&row[..to.len()]);
            }
        }
    }
    out
}

/// Up to [`PANEL`] rows become the columns of a panel, (depth, [`PANEL`]); columns beyond are zero.
fn turn(rows: &[&[f32]], panel: &mut [f32]) {
    let zeros = vec![0.0; rows[0].len()];
    let row = |index: usize| rows.get(index).copied().unwrap_or(&zeros);
    let rows: [&[f32]; PANEL] = std::array::from_fn(row);
    let (fours, _) = rows.as_chunks::<4>();
    for (four, [a, b, c, d]) in fours.iter().enumerate() {
        let values = a.iter().zip(*b).zip(*c).zip(*d);
        for ((((a, b), c), d), to) in values.zip(panel[4 * four..].chunks_mut(PANEL)) {
            to[..4].copy_from_slice(&[*a, *b, *c, *d]);
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;
    use crate::rng;

    #[test]
    fn any_shape_and_part_of_a_matrix_agrees_with_candle() -> Result<()> {
        let device = &Device::Cpu;
        for (m, k, n) in [(1, 1, 1), (5, 17, 33), (12, 160, 160), (50, 333, 170), (3, 320, 16)] {
            let input = rng::normal(&mut rng::rng(1, m as u64), (m, k), device)?;
            let whole = rng::normal(&mut rng::rng(2, n as u64), (n, 2 * k), device)?;
            for weight in [whole.narrow(1, 0, k)?, whole.narrow(1, k, k)?, whole.narrow(1, 1, k)?] {
                let expected = input.matmul(&weight.t()?)?;
                for level in Level::available() {
                    let actual = linear(level, &input, &weight)?;
                    let difference = (actual - &expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
                    let largest = (k as f32).sqrt() * 1e-5;
                    assert!(difference < largest, "{m} {k} {n} {level:?}: {difference}");
                }
            }
        }
        assert!(
            linear(
                Level::best(),
                &Tensor::zeros((2, 3), candle_core::DType::F32, device)?,
                &Tensor::zeros((2, 4), candle_core::DType::F32, device)?
            )
            .is_err()
        );
        Ok(())
    }
}
