//! `x · rowsᵀ` in training: the product and both its gradients by the kernels of [`super::dense`],
//! which use wider vectors than candle's.

use candle_core::{CpuStorage, CustomOp2, Error, Layout, Result as CandleResult, Shape, Tensor};

use super::{dense, simd::Level};
use crate::{Result, computed::Computed};

/// Fewer rows of x are not worth bringing the other matrix into order: at 50 candle is ahead.
const FEWEST: usize = 200;

/// Whether the kernels serve: enough rows, f32 on the CPU.
pub(super) fn serves(x: &Tensor, rows: &Tensor) -> bool {
    let plain =
        |x: &Tensor| x.device().is_cpu() && x.dtype() == candle_core::DType::F32 && x.rank() == 2;
    plain(x) && plain(rows) && x.dims()[0] >= FEWEST
}

/// # Shapes
/// - x: (m, k), rows: (n, k), both f32 on the CPU
/// - output: (m, n), differentiable in both
///
/// # Errors
/// If the two have different k.
pub(super) fn product(x: &Tensor, rows: &Tensor) -> Result<Tensor> {
    let level = Level::best();
    let output = dense::linear(level, &x.detach(), &rows.detach())?;
    Ok(x.apply_op2(rows, Product { level, output: Computed(output) })?)
}

struct Product {
    level: Level,
    output: Computed,
}

impl CustomOp2 for Product {
    fn name(&self) -> &'static str {
        "product"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> CandleResult<(CpuStorage, Shape)> {
        self.output.on_cpu()
    }

    fn bwd(
        &self,
        x: &Tensor,
        rows: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> CandleResult<(Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.detach();
        let multiply = |a: &Tensor, b: &Tensor| {
            dense::multiply(self.level, a, &b.detach()).map_err(Error::wrap)
        };
        let of_x = x.track_op().then(|| multiply(&gradient, rows)).transpose()?;
        let of_rows = rows.track_op().then(|| multiply(&gradient.t()?, x)).transpose()?;
        Ok((of_x, of_rows))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::rng;

    #[test]
    fn product_and_gradients_are_candles() -> Result<()> {
        let draw = |stream, shape| -> Result<Var> {
            Ok(Var::from_tensor(&rng::normal(&mut rng::rng(6, stream), shape, &Device::Cpu)?)?)
        };
        for (m, k, n) in [(FEWEST, 7, 33), (201, 170, 5), (250, 200, 180)] {
            let (x, whole) = (draw(1, (m, k))?, draw(2, (n, 2 * k))?);
            let rows = whole.narrow(1, k, k)?;
            let weights = draw(3, (m, n))?;
            let all = |output: &Tensor| -> Result<Vec<Tensor>> {
                let gradients = (output * weights.as_detached_tensor())?.sum_all()?.backward()?;
                let of = |var: &Var| gradients.get(var).expect("a gradient").clone();
                Ok(vec![output.clone(), of(&x), of(&whole)])
            };
            assert!(serves(&x, &rows));
            let actual = all(&product(&x, &rows)?)?;
            for (actual, expected) in actual.iter().zip(all(&x.matmul(&rows.t()?)?)?) {
                let off = (actual - expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
                assert!(off < 5e-4, "{m} {k} {n}: {off}");
            }
        }
        Ok(())
    }
}
