//! Operations of training for GPUs, each with a gradient of its own.
//!
//! What candle derives for them is right on any device, but on a GPU most of a step's time goes
//! into it: a transposed convolution that reads the filters anew for each output, sums with one
//! block of threads a channel, a maximum sought for four numbers at a time. Made of candle's fast
//! operations a step of Conv-4 takes a fraction of that. They run on the CPU too, where the tests
//! hold them against the plain ones.

mod batch_norm;
mod convolution;
mod max_pool;

pub(super) use batch_norm::batch_norm;
pub(super) use convolution::convolve;
pub(super) use max_pool::max_pool;

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor, Var};

    use super::{super::operations, *};
    use crate::{Result, rng};

    const EPSILON: f64 = 1e-5;

    fn draw(stream: u64, shape: &[usize]) -> Result<Var> {
        Ok(Var::from_tensor(&rng::normal(&mut rng::rng(4, stream), shape, &Device::Cpu)?)?)
    }

    /// The output, and the gradients of a sum that weighs each value its own way.
    fn with_gradients(output: &Tensor, of: &[&Var]) -> Result<Vec<Tensor>> {
        let weights = draw(9, output.dims())?;
        let gradients = (output * weights.as_detached_tensor())?.sum_all()?.backward()?;
        let gradient = |var: &&Var| gradients.get(var).expect("a gradient").clone();
        Ok(std::iter::once(output.clone()).chain(of.iter().map(gradient)).collect())
    }

    fn check(actual: &[Tensor], expected: &[Tensor]) -> Result<()> {
        for (number, (actual, expected)) in actual.iter().zip(expected).enumerate() {
            let off = (actual - expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
            assert!(off < 1e-4, "{number}: {off}");
        }
        Ok(())
    }

    #[test]
    fn convolutions_are_candles_own() -> Result<()> {
        for (side, kernel) in [(7, 3), (4, 1), (1, 3)] {
            let map = draw(1, &[2, 5, side, side])?;
            let weight = draw(2, &[3, 5, kernel, kernel])?;
            let expected = map.conv2d(&weight, kernel / 2, 1, 1, 1)?;
            let expected = with_gradients(&expected, &[&map, &weight])?;
            for ours in [convolve(&map, &weight)?, operations::convolve(&map, &weight)?] {
                check(&with_gradients(&ours, &[&map, &weight])?, &expected)?;
            }
        }
        Ok(())
    }

    #[test]
    fn batch_norm_and_max_pool_are_the_plain_ones() -> Result<()> {
        let map = draw(1, &[3, 5, 6, 4])?;
        let map = Var::from_tensor(&(map.as_detached_tensor() * 3.0)?.affine(1.0, 1.5)?)?;
        let (gamma, beta) = (draw(2, &[5])?, draw(3, &[5])?);
        let of = [&map, &gamma, &beta];
        let (ours, measured) = batch_norm(&map, &gamma, &beta, EPSILON)?;
        let (plain, expected) = operations::batch_norm(&map, &gamma, &beta, EPSILON)?;
        check(&[measured.mean, measured.var], &[expected.mean, expected.var])?;
        check(&with_gradients(&ours, &of)?, &with_gradients(&plain, &of)?)?;
        let pooled = with_gradients(&max_pool(&map)?, &[&map])?;
        check(&pooled, &with_gradients(&operations::max_pool(&map)?, &[&map])?)
    }

    #[test]
    fn pictures_that_nothing_is_learned_through_get_no_gradient() -> Result<()> {
        let (map, weight) = (draw(1, &[2, 3, 4, 4])?.as_detached_tensor(), draw(2, &[3, 3, 3, 3])?);
        let gradients = convolve(&map, &weight)?.sum_all()?.backward()?;
        assert!(gradients.get(&map).is_none() && gradients.get(&weight).is_some());
        Ok(())
    }
}
