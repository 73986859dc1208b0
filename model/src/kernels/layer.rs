//! A fully connected layer of a generator in training, with its bias and ReLU: one operation,
//! whose gradients are three products and one pass over the outputs. As candle's operations it
//! would be a dozen, each with matrices of its own.

use candle_core::{
    CpuStorage, CustomOp3, DType, Error, Layout, Result as CandleResult, Shape, Tensor,
};

use super::{
    arithmetic::{add, add_relu, sum_keepdim},
    dense::{self, Packed},
    simd::Level,
};
use crate::{Result, computed::Computed};

/// Fewer rows are not worth bringing the weight into order: at 50 candle's product is ahead.
const FEWEST: usize = 200;

/// What a layer is given.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'a> {
    /// (R, I)
    Plain(&'a Tensor),
    /// Each class's seed, (N, D), before each of its noises, (N, M, D): N · M rows of 2 D. Noise
    /// is drawn, and has no gradient.
    Joined { seeds: &'a Tensor, noise: &'a Tensor },
}

impl Rows<'_> {
    fn learned(&self) -> &Tensor {
        match self {
            Self::Plain(rows) => rows,
            Self::Joined { seeds, .. } => seeds,
        }
    }
}

/// Whether the operation is the one to take: something is learned, on the CPU. In WebAssembly
/// nothing is, and what cannot be reached is not downloaded.
pub(crate) fn serves(weight: &Tensor) -> bool {
    cfg!(not(target_arch = "wasm32"))
        && weight.track_op()
        && weight.device().is_cpu()
        && weight.dtype() == DType::F32
}

/// `rows · weightᵀ + bias`, then max(x, 0) where it is `rectified`.
///
/// # Shapes
/// - weight: (O, I), bias: (O); f32 on the CPU, as the rows
/// - output: (rows, O), differentiable in all but noise
///
/// # Errors
/// If the shapes do not fit.
pub(crate) fn layer(
    rows: Rows<'_>,
    weight: &Tensor,
    bias: &Tensor,
    rectified: bool,
) -> Result<Tensor> {
    let level = Level::best();
    let (plain, noise) = match rows {
        Rows::Plain(rows) => (times_transposed(level, &rows.detach(), &weight.detach())?, None),
        Rows::Joined { seeds, noise } => {
            let (seeds, noise) = (seeds.detach(), noise.detach());
            let product = |rows: &Tensor, half: &Tensor, _| times_transposed(level, rows, half);
            (by_halves([&seeds, &noise], &weight.detach(), product, add)?, Some(noise))
        }
    };
    let combine = if rectified { add_relu } else { add };
    let output = Computed(combine(&plain, &bias.detach())?);
    let operation = Layer { level, noise, rectified, output };
    Ok(rows.learned().apply_op3(weight, bias, operation)?)
}

/// The product of joined rows is the sum of that of the weight's halves, and the seed's half is
/// the same for all M of a class: computed once.
///
/// `product` is of rows and a half, whose number it is told; `combine` adds the two up.
///
/// # Errors
/// If the shapes do not fit.
pub(crate) fn by_halves(
    [seeds, noise]: [&Tensor; 2],
    weight: &Tensor,
    product: impl Fn(&Tensor, &Tensor, usize) -> Result<Tensor>,
    combine: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let (ways, count, dim) = noise.dims3()?;
    let of_seeds = product(seeds, &weight.narrow(1, 0, dim)?, 0)?;
    let flat_noise = noise.reshape((ways * count, dim))?;
    let of_noise = product(&flat_noise, &weight.narrow(1, dim, dim)?, 1)?;
    let of_noise = of_noise.reshape((ways, count, ()))?;
    Ok(combine(&of_noise, &of_seeds.unsqueeze(1)?)?.flatten_to(1)?)
}

struct Layer {
    level: Level,
    /// Of joined rows.
    noise: Option<Tensor>,
    rectified: bool,
    output: Computed,
}

struct Gradients {
    learned: Option<Tensor>,
    weight: Tensor,
    bias: Tensor,
}

impl Layer {
    fn gradients(
        &self,
        learned: &Tensor,
        weight: &Tensor,
        output: &Tensor,
        gradient: &Tensor,
    ) -> Result<Gradients> {
        let gradient = if self.rectified { masked(gradient, output)? } else { gradient.detach() };
        let gradient = gradient.contiguous()?;
        let bias = sum_keepdim(&gradient, 0)?.squeeze(0)?;
        let (rows, weight) = (learned.detach(), weight.detach());
        let (outputs, inputs) = weight.dims2()?;
        let mut of_weight = vec![0.0; outputs * inputs];
        let mut add_half = |gradient: &Tensor, rows: &Tensor, column: usize| {
            let packed = Packed::of_columns(rows)?;
            packed.product_into(self.level, &gradient.t()?, &mut of_weight, [inputs, column])
        };
        let (of_learned, its_weight) = match &self.noise {
            None => {
                add_half(&gradient, &rows, 0)?;
                (gradient, weight)
            }
            Some(noise) => {
                let (ways, count, dim) = noise.dims3()?;
                add_half(&gradient, &noise.flatten_to(1)?, dim)?;
                // A seed has its part in all of its class's outputs.
                let apart = gradient.reshape((ways, count, outputs))?;
                let together = sum_keepdim(&apart, 1)?.squeeze(1)?;
                add_half(&together, &rows, 0)?;
                (together, weight.narrow(1, 0, dim)?)
            }
        };
        let wanted = learned.track_op();
        let learned = wanted.then(|| times(self.level, &of_learned, &its_weight)).transpose()?;
        let weight = Tensor::from_vec(of_weight, (outputs, inputs), bias.device())?;
        Ok(Gradients { learned, weight, bias })
    }
}

/// The gradient where the output is above zero.
fn masked(gradient: &Tensor, output: &Tensor) -> Result<Tensor> {
    let mut values = gradient.flatten_all()?.to_vec1::<f32>()?;
    dense::with_values(&output.detach().contiguous()?, |outputs| {
        for (value, output) in values.iter_mut().zip(outputs) {
            *value = if *output > 0.0 { *value } else { 0.0 };
        }
    })?;
    Ok(Tensor::from_vec(values, gradient.shape(), gradient.device())?)
}

/// x · weightᵀ
fn times_transposed(level: Level, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    if x.dim(0)? < FEWEST {
        return Ok(x.contiguous()?.matmul(&weight.t()?)?);
    }
    dense::linear(level, x, weight)
}

/// x · matrix
fn times(level: Level, x: &Tensor, matrix: &Tensor) -> Result<Tensor> {
    if x.dim(0)? < FEWEST {
        return Ok(x.matmul(matrix)?);
    }
    dense::multiply(level, x, matrix)
}

impl CustomOp3 for Layer {
    fn name(&self) -> &'static str {
        "layer"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> CandleResult<(CpuStorage, Shape)> {
        self.output.on_cpu()
    }

    fn bwd(
        &self,
        learned: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        output: &Tensor,
        gradient: &Tensor,
    ) -> CandleResult<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let gradients = self.gradients(learned, weight, output, gradient).map_err(Error::wrap)?;
        Ok((gradients.learned, Some(gradients.weight), Some(gradients.bias)))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{D, Device, Var};

    use super::*;
    use crate::rng;

    fn draw(stream: u64, shape: &[usize]) -> Result<Var> {
        Ok(Var::from_tensor(&rng::normal(&mut rng::rng(6, stream), shape, &Device::Cpu)?)?)
    }

    /// The output and the gradients of some variables.
    fn all(output: &Tensor, variables: [&Var; 3]) -> Result<Vec<Tensor>> {
        let factors = draw(9, output.dims())?;
        let gradients = (output * factors.as_detached_tensor())?.sum_all()?.backward()?;
        let of = |var: &Var| gradients.get(var).expect("a gradient").clone();
        Ok(std::iter::once(output.clone()).chain(variables.map(of)).collect())
    }

    fn compare(actual: &[Tensor], expected: &[Tensor], what: &str) -> Result<()> {
        for (actual, expected) in actual.iter().zip(expected) {
            assert_eq!(actual.dims(), expected.dims(), "{what}");
            let off = (actual - expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
            assert!(off < 1e-3, "{what}: {off}");
        }
        Ok(())
    }

    fn by_candle(rows: &Tensor, weight: &Var, bias: &Var, rectified: bool) -> Result<Tensor> {
        let output = rows.matmul(&weight.t()?)?.broadcast_add(bias)?;
        Ok(if rectified { output.relu()? } else { output })
    }

    #[test]
    fn plain_rows_and_their_gradients_are_candles() -> Result<()> {
        for (count, input, output) in [(1, 1, 1), (5, 7, 33), (201, 170, 5), (250, 200, 180)] {
            let (rows, weight) = (draw(1, &[count, input])?, draw(2, &[output, input])?);
            let bias = draw(3, &[output])?;
            for rectified in [false, true] {
                let actual = layer(Rows::Plain(&rows), &weight, &bias, rectified)?;
                let expected = by_candle(&rows, &weight, &bias, rectified)?;
                let variables = [&rows, &weight, &bias];
                let what = format!("{count} {input} {output} {rectified}");
                compare(&all(&actual, variables)?, &all(&expected, variables)?, &what)?;
            }
        }
        Ok(())
    }

    #[test]
    fn joined_rows_and_their_gradients_are_candles() -> Result<()> {
        for (ways, count, dim, output) in [(1, 1, 1, 1), (2, 3, 5, 7), (3, 80, 33, 170)] {
            let (seeds, noise) = (draw(1, &[ways, dim])?, draw(4, &[ways, count, dim])?);
            let (weight, bias) = (draw(2, &[output, 2 * dim])?, draw(3, &[output])?);
            let repeated = seeds.unsqueeze(1)?.broadcast_as((ways, count, dim))?.contiguous()?;
            let joined = Tensor::cat(&[&repeated, noise.as_tensor()], D::Minus1)?.flatten_to(1)?;
            let rows = Rows::Joined { seeds: &seeds, noise: &noise };
            let actual = layer(rows, &weight, &bias, true)?;
            let expected = by_candle(&joined, &weight, &bias, true)?;
            let variables = [&seeds, &weight, &bias];
            let what = format!("{ways} {count} {dim} {output}");
            compare(&all(&actual, variables)?, &all(&expected, variables)?, &what)?;
        }
        Ok(())
    }
}
