//! The solution of a symmetric positive definite system, in f64.
//!
//! Systems are as large as a support has rows, hundreds as a rule; a library of
//! linear algebra would be a third of what the page downloads.

use candle_core::{Device, Tensor};

use crate::{
    Error, Result,
    kernels::{Level, Simd, Task},
};

/// L of A + λ I = L Lᵀ.
pub(super) struct Cholesky {
    /// Row by row; what is above the diagonal is not read.
    lower: Vec<f64>,
    size: usize,
    device: Device,
}

impl Cholesky {
    /// # Shapes
    /// - matrix: (n, n), f32, symmetric, on any device
    ///
    /// # Errors
    /// If A + λ I is not positive definite, as where a value is not finite.
    pub fn of(matrix: &Tensor, lambda: f64) -> Result<Self> {
        let (size, _columns) = matrix.dims2()?;
        let values = matrix.detach().to_device(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
        let mut lower: Vec<f64> = values.into_iter().map(f64::from).collect();
        if !Level::best().run(Factor { lower: &mut lower, size, lambda }) {
            return Err(Error::NotFinite("features of the support".into()));
        }
        Ok(Self { lower, size, device: matrix.device().clone() })
    }

    /// # Shapes
    /// - right: (n, m), f32; output: (n, m), f32, on the matrix's device
    ///
    /// # Errors
    /// If n differs.
    pub fn solve(&self, right: &Tensor) -> Result<Tensor> {
        let (rows, columns) = right.dims2()?;
        if rows != self.size {
            return Err(Error::Shape {
                name: "the right side of a linear system".into(),
                expected: (self.size, columns).into(),
                actual: right.shape().clone(),
            });
        }
        let right = right.detach().to_device(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
        let mut solved = vec![0.0f32; right.len()];
        let mut x = vec![0.0f64; rows];
        for column in 0..columns {
            for row in 0..rows {
                let lower = &self.lower[row * rows..][..=row];
                let value = f64::from(right[row * columns + column]);
                x[row] = (value - dot(&lower[..row], &x[..row])) / lower[row];
            }
            for row in (0..rows).rev() {
                let lower = &self.lower[row * rows..][..=row];
                x[row] /= lower[row];
                let value = x[row];
                x[..row].iter_mut().zip(lower).for_each(|(x, l)| *x -= l * value);
            }
            for (row, value) in x.iter().enumerate() {
                solved[row * columns + column] = *value as f32;
            }
        }
        Ok(Tensor::from_vec(solved, (rows, columns), &self.device)?)
    }
}

/// L in place of A; whether A + λ I is positive definite.
struct Factor<'a> {
    lower: &'a mut [f64],
    size: usize,
    lambda: f64,
}

impl Task for Factor<'_> {
    type Output = bool;

    // Plain loops: compiled for the instruction set, they are vectors of f64.
    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> bool {
        let Self { lower, size, lambda } = self;
        for row in 0..size {
            let (above, below) = lower.split_at_mut(row * size);
            let current = &mut below[..=row];
            for column in 0..row {
                let other = &above[column * size..][..=column];
                let known = dot(&current[..column], &other[..column]);
                current[column] = (current[column] - known) / other[column];
            }
            let rest = current[row] + lambda - dot(&current[..row], &current[..row]);
            if !(rest.is_finite() && rest > 0.0) {
                return false;
            }
            current[row] = rest.sqrt();
        }
        true
    }
}

/// In sixteen sums, whatever the instruction set: the additions need not wait for
/// each other, and the result is the same on every processor.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 16];
    let (a, a_rest) = a.as_chunks::<16>();
    let (b, b_rest) = b.as_chunks::<16>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{normal, rng};

    #[test]
    fn what_is_solved_gives_the_right_side_again() -> Result<()> {
        let drawn = normal(&mut rng(3, 0), (23, 40), &Device::Cpu)?;
        let gram = drawn.matmul(&drawn.t()?)?;
        let right = normal(&mut rng(3, 1), (23, 4), &Device::Cpu)?;
        let solution = Cholesky::of(&gram, 0.5)?.solve(&right)?;
        let again = (gram.matmul(&solution)? + (&solution * 0.5)?)?;
        let off = (again - &right)?.abs()?.max_all()?.to_scalar::<f32>()?;
        assert!(off < 1e-4, "{off}");
        assert!(Cholesky::of(&gram, 0.5)?.solve(&right.t()?.contiguous()?).is_err());
        Ok(())
    }

    #[test]
    fn what_has_no_solution_is_an_error() -> Result<()> {
        let bad = Tensor::new(&[[1f32, f32::NAN], [f32::NAN, 1.0]], &Device::Cpu)?;
        assert!(Cholesky::of(&bad, 1.0).is_err());
        let indefinite = Tensor::new(&[[1f32, 2.0], [2.0, 1.0]], &Device::Cpu)?;
        assert!(Cholesky::of(&indefinite, 0.1).is_err());
        Ok(())
    }
}
