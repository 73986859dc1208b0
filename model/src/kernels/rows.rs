//! Tensors one after the other along the first axis: what supports, episodes and
//! queries are put together from.

use candle_core::Tensor;

use super::arithmetic::is_plain;
use super::dense::with_values;
use crate::{Error, Result};

/// The rows of all parts, one part after the other.
///
/// # Shapes
/// - parts: n times (r, ...), r may differ; output: (sum of r, ...)
///
/// # Errors
/// Without parts, or if they differ beyond the first axis.
pub(crate) fn join<'a>(parts: impl IntoIterator<Item = &'a Tensor>) -> Result<Tensor> {
    join_all(&parts.into_iter().collect::<Vec<_>>())
}

fn join_all(parts: &[&Tensor]) -> Result<Tensor> {
    let Some(first) = parts.first() else {
        return Err(candle_core::Error::OpRequiresAtLeastOneTensor { op: "join" }.into());
    };
    if !is_plain(parts) {
        return Ok(Tensor::cat(parts, 0)?);
    }
    let mut dims = first.dims().to_vec();
    let mut rows = 0;
    for part in parts {
        if part.rank() == 0 || part.dims()[1..] != dims[1..] {
            return Err(Error::Shape {
                name: "rows".into(),
                expected: dims.into(),
                actual: part.shape().clone(),
            });
        }
        rows += part.dims()[0];
    }
    dims[0] = rows;
    let mut values = Vec::with_capacity(dims.iter().product());
    for part in parts {
        let part = part.contiguous()?;
        with_values(&part, |part_values| {
            values.extend_from_slice(&part_values[..part.elem_count()]);
        })?;
    }
    Ok(Tensor::from_vec(values, dims, first.device())?)
}

/// The parts, each a row.
///
/// # Shapes
/// - parts: n times (...); output: (n, ...)
///
/// # Errors
/// Without parts, or if their shapes differ.
pub fn stack<'a>(parts: impl IntoIterator<Item = &'a Tensor>) -> Result<Tensor> {
    let rows = parts.into_iter().map(|part| Ok(part.unsqueeze(0)?)).collect::<Result<Vec<_>>>()?;
    join(&rows)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::rng;

    #[test]
    fn plain_loops_and_candle_agree() -> Result<()> {
        let draw = |stream, rows| rng::normal(&mut rng::rng(1, stream), (rows, 3, 2), &Device::Cpu);
        // One that is transposed, one that starts inside another.
        let transposed =
            rng::normal(&mut rng::rng(1, 9), (2, 3, 4), &Device::Cpu)?.transpose(0, 2)?;
        let parts = [draw(0, 1)?, draw(1, 5)?.narrow(0, 2, 2)?, transposed];
        let parts = parts.each_ref();
        let tracked: Vec<Tensor> = parts
            .iter()
            .map(|part| Ok(Var::from_tensor(part)?.into_inner()))
            .collect::<Result<_>>()?;
        let values = |x: &Tensor| -> Result<Vec<f32>> { Ok(x.flatten_all()?.to_vec1()?) };
        let (plain, candle) = (join(parts)?, join(&tracked)?);
        assert!(candle.track_op() && !plain.track_op());
        assert_eq!((plain.dims(), values(&plain)?), (candle.dims(), values(&candle)?));
        let same = [parts[0], parts[0]];
        let (plain, candle) = (stack(same)?, Tensor::stack(&same, 0)?);
        assert_eq!((plain.dims(), values(&plain)?), (candle.dims(), values(&candle)?));
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_told() -> Result<()> {
        let zeros = |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu);
        assert!(join([]).is_err());
        assert!(join([&zeros(&[1, 2])?, &zeros(&[1, 3])?]).is_err());
        assert!(stack([&zeros(&[2])?, &zeros(&[3])?]).is_err());
        assert_eq!(join([&zeros(&[0, 2])?, &zeros(&[1, 2])?])?.dims(), [1, 2]);
        Ok(())
    }
}
