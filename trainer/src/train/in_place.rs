//! Arrays on the CPU changed in one pass, where candle's own operations would
//! allocate and walk a new one for each term of a formula.

use anyhow::Result;
use candle_core::{CpuStorage, InplaceOp3, Layout, Tensor};
use rayon::prelude::*;

/// Numbers a thread takes at a time; fewer than this are done on one.
const CHUNK: usize = 1 << 15;

/// Replaces each value of `target` by `each` of it and the two others' values.
///
/// All three are f32, contiguous, on the CPU, and of one shape.
///
/// # Errors
/// If they are not.
pub(super) fn update(
    target: &Tensor,
    others: [&Tensor; 2],
    each: impl Fn(f32, [f32; 2]) -> f32 + Sync,
) -> Result<()> {
    Ok(target.inplace_op3(others[0], others[1], &Each(each))?)
}

struct Each<F>(F);

impl<F: Fn(f32, [f32; 2]) -> f32 + Sync> InplaceOp3 for Each<F> {
    fn name(&self) -> &'static str {
        "update"
    }

    fn cpu_fwd(
        &self,
        target: &mut CpuStorage,
        layout: &Layout,
        first: &CpuStorage,
        first_layout: &Layout,
        second: &CpuStorage,
        second_layout: &Layout,
    ) -> candle_core::Result<()> {
        let CpuStorage::F32(target) = target else { candle_core::bail!("expected f32") };
        let target = &mut target[range(layout)?];
        let first = &first.as_slice::<f32>()?[range(first_layout)?];
        let second = &second.as_slice::<f32>()?[range(second_layout)?];
        if first.len() != target.len() || second.len() != target.len() {
            candle_core::bail!("expected three tensors of one shape");
        }
        let parts = target.par_chunks_mut(CHUNK).zip(first.par_chunks(CHUNK));
        parts.zip(second.par_chunks(CHUNK)).for_each(|((target, first), second)| {
            for ((target, &first), &second) in target.iter_mut().zip(first).zip(second) {
                *target = (self.0)(*target, [first, second]);
            }
        });
        Ok(())
    }
}

fn range(layout: &Layout) -> candle_core::Result<std::ops::Range<usize>> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(start..end),
        None => candle_core::bail!("expected contiguous tensors"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn every_value_is_replaced_and_what_does_not_fit_refused() -> Result<()> {
        let count = 2 * CHUNK + 3;
        let target = Tensor::ones(count, DType::F32, &Device::Cpu)?;
        let others = (Tensor::arange(0f32, count as f32, &Device::Cpu)?, target.copy()?);
        update(&target, [&others.0, &others.1], |value, [a, b]| value + 2.0 * a + b)?;
        let values = target.to_vec1::<f32>()?;
        assert!(values.iter().enumerate().all(|(index, value)| *value == 2.0 + 2.0 * index as f32));
        let short = Tensor::ones(3, DType::F32, &Device::Cpu)?;
        assert!(update(&target, [&others.0, &short], |value, _| value).is_err());
        Ok(())
    }
}
