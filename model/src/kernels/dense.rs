//! Products of matrices: fully connected layers, `x · weightᵀ`, and what their gradients are
//! made of.
//!
//! The second matrix is brought into panels of columns, each of which stays in the cache
//! while rows of the first pass by. Bias and activation are the caller's.

use candle_core::{CpuStorage, Layout, Storage, Tensor};

use super::{
    matmul::{Matmul, Runs},
    parallel,
    simd::Level,
};
use crate::{Error, Result};

/// Side of a block of the weight.
const BLOCK: usize = 160;
/// Columns that lie together in a packed block; a panel stays in the first cache
/// while rows of x pass by.
const PANEL: usize = super::map::CHANNEL_MULTIPLE;
/// Rows of x that stay there too while a block's panels pass by.
const ROWS: usize = 32;

/// The second matrix of a product in the order in which the product reads it.
#[derive(Debug)]
pub(crate) struct Packed {
    /// Columns of the product.
    columns: usize,
    depth: usize,
    /// For each block of columns its panels, each (k, [`PANEL`]).
    blocks: Vec<Vec<f32>>,
}

impl Packed {
    /// For products with the transpose of `weight`.
    ///
    /// # Shapes
    /// - weight: (n, k), f32, on the CPU; a part of a larger matrix's columns is
    ///   taken as it is
    ///
    /// # Errors
    /// If it is something else.
    pub fn new(weight: &Tensor) -> Result<Self> {
        let (rows, depth) = weight.dims2()?;
        let weight = rows_contiguous(weight)?;
        let row_stride = weight.stride()[0];
        let blocks = with_values(&weight, |values| {
            let starts = (0..rows).step_by(BLOCK);
            parallel::map(starts, |start| {
                let block: Vec<&[f32]> = (start..rows.min(start + BLOCK))
                    .map(|row| &values[row * row_stride..][..depth])
                    .collect();
                let mut panels = vec![0.0; block.len().div_ceil(PANEL) * depth * PANEL];
                for (rows, panel) in block.chunks(PANEL).zip(panels.chunks_mut(depth * PANEL)) {
                    transpose(rows, panel);
                }
                panels
            })
        })?;
        Ok(Self { columns: rows, depth, blocks })
    }

    /// For products with `matrix` as it is.
    ///
    /// # Shapes
    /// - matrix: (k, n), f32, on the CPU
    ///
    /// # Errors
    /// If it is something else.
    pub fn of_columns(matrix: &Tensor) -> Result<Self> {
        let (depth, columns) = matrix.dims2()?;
        let matrix = rows_contiguous(matrix)?;
        let row_stride = matrix.stride()[0];
        let blocks = with_values(&matrix, |values| {
            parallel::map((0..columns).step_by(BLOCK), |start| {
                let block = BLOCK.min(columns - start);
                let mut panels = vec![0.0; block.div_ceil(PANEL) * depth * PANEL];
                for (panel, first) in
                    panels.chunks_mut(depth * PANEL).zip((0..block).step_by(PANEL))
                {
                    let width = PANEL.min(block - first);
                    for (row, to) in panel.chunks_exact_mut(PANEL).enumerate() {
                        let from = &values[row * row_stride + start + first..];
                        to[..width].copy_from_slice(&from[..width]);
                    }
                }
                panels
            })
        })?;
        Ok(Self { columns, depth, blocks })
    }

    /// `input` times the second matrix.
    ///
    /// # Shapes
    /// - input: (m, k), f32, on the CPU; a transpose is taken as it is
    /// - output: (m, n)
    ///
    /// # Errors
    /// If k is not the second matrix's.
    pub fn product(&self, level: Level, input: &Tensor) -> Result<Tensor> {
        let m = input.dim(0)?;
        let mut out = vec![0.0; m * self.columns];
        self.product_into(level, input, &mut out, [self.columns, 0])?;
        Ok(Tensor::from_vec(out, (m, self.columns), input.device())?)
    }

    /// The same into columns of a wider matrix: `out` has rows of the first of `place`, and the
    /// product begins at the second.
    ///
    /// # Errors
    /// As [`Self::product`].
    pub fn product_into(
        &self,
        level: Level,
        input: &Tensor,
        out: &mut [f32],
        place: [usize; 2],
    ) -> Result<()> {
        let (m, k) = input.dims2()?;
        if k != self.depth {
            return Err(Error::Shape {
                name: "input".into(),
                expected: (m, self.depth).into(),
                actual: input.shape().clone(),
            });
        }
        if m == 0 {
            return Ok(());
        }
        let strides = [input.stride()[0], input.stride()[1]];
        with_values(input, |x| self.rows_of(level, x, strides, m, out, place))
    }

    fn rows_of(
        &self,
        level: Level,
        x: &[f32],
        strides: [usize; 2],
        m: usize,
        out: &mut [f32],
        [pitch, column]: [usize; 2],
    ) {
        let (n, k) = (self.columns, self.depth);
        let parts = parallel::map(self.blocks.iter(), |panels| {
            let mut sums = vec![0.0; panels.len() / (k * PANEL).max(1) * m * PANEL];
            for first in (0..k).step_by(BLOCK) {
                let depth = BLOCK.min(k - first);
                for from in (0..m).step_by(ROWS) {
                    let rows = ROWS.min(m - from);
                    let panels = panels.chunks(k * PANEL).zip(sums.chunks_mut(m * PANEL));
                    for (panel, sums) in panels {
                        Matmul {
                            shape: [rows, depth, PANEL],
                            a: &x[from * strides[0] + first * strides[1]..],
                            a_strides: strides,
                            runs: Runs::ONE,
                            b: &panel[first * PANEL..],
                            c: &mut sums[from * PANEL..][..rows * PANEL],
                            accumulate: true,
                        }
                        .run_on(level);
                    }
                }
            }
            sums
        });
        // Row by row of the result, so that several threads write apart.
        let rows = out.chunks_mut(ROWS * pitch).take(m.div_ceil(ROWS)).enumerate();
        parallel::each(rows, |(chunk, out)| {
            let rows = out.chunks_exact_mut(pitch).zip(chunk * ROWS..m);
            for (out, row) in rows {
                for (start, part) in (0..n).step_by(BLOCK).zip(&parts) {
                    let end = n.min(start + BLOCK);
                    let panels = (start..end).step_by(PANEL).zip(part.chunks_exact(m * PANEL));
                    for (first, panel) in panels {
                        let to = &mut out[column + first..column + end.min(first + PANEL)];
                        to.copy_from_slice(&panel[row * PANEL..][..to.len()]);
                    }
                }
            }
        });
    }
}

/// # Shapes
/// - input: (m, k), f32, on the CPU
/// - weight: (n, k), f32, on the CPU, as [`Packed::new`] takes it
/// - output: (m, n)
///
/// # Errors
/// If the two have different k.
pub(crate) fn linear(level: Level, input: &Tensor, weight: &Tensor) -> Result<Tensor> {
    Packed::new(weight)?.product(level, input)
}

/// # Shapes
/// - a: (m, k), f32, on the CPU; a transpose is taken as it is
/// - b: (k, n), f32, on the CPU
/// - output: (m, n)
///
/// # Errors
/// If the two have different k.
pub(super) fn multiply(level: Level, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    Packed::of_columns(b)?.product(level, a)
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

/// Up to [`PANEL`] rows become the columns of a panel, (depth, [`PANEL`]); columns beyond are zero.
fn transpose(rows: &[&[f32]], panel: &mut [f32]) {
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
                    // The same from the transposes of both.
                    let across = (input.t()?.contiguous()?, weight.t()?.contiguous()?);
                    let actual = multiply(level, &across.0.t()?, &across.1)?;
                    let difference = (actual - &expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
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
