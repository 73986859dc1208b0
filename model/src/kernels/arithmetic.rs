//! The few operations between features that inference needs, as plain loops.
//!
//! Candle compiles each of its operations for every number type, and those would
//! be most of what the page downloads. Here they are for f32 on the CPU where no
//! gradient is wanted; elsewhere the same names call candle's, so that a formula
//! over them is written once. In WebAssembly the loops are all there is: the page
//! never trains, and nothing there refers to candle's arithmetic.

use std::sync::{Arc, OnceLock};

use candle_core::{D, DType, Result as CandleResult, Tensor};

use super::dense::{self, Packed, with_values};
use crate::{Error, Result, View, kernels::Level};

/// Whether the loops serve: f32 on the CPU, and no gradient wanted.
pub(crate) fn is_plain(tensors: &[&Tensor]) -> bool {
    let plain = |x: &&Tensor| x.device().is_cpu() && x.dtype() == DType::F32 && !x.track_op();
    cfg!(target_arch = "wasm32") || tensors.iter().all(plain)
}

/// a + b; shapes are broadcast.
pub(crate) fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    zip(a, b, Tensor::broadcast_add, |a, b| a + b)
}

/// max(a + b, 0); shapes are broadcast.
pub(crate) fn add_relu(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    zip(a, b, |a, b| a.broadcast_add(b)?.relu(), |a, b| (a + b).max(0.0))
}

/// a − b; shapes are broadcast.
pub(crate) fn sub(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    zip(a, b, Tensor::broadcast_sub, |a, b| a - b)
}

/// a / b; shapes are broadcast.
pub(crate) fn div(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    zip(a, b, Tensor::broadcast_div, |a, b| a / b)
}

/// x · factor + term.
pub(crate) fn affine(x: &Tensor, factor: f64, term: f64) -> Result<Tensor> {
    let (plain_factor, plain_term) = (factor as f32, term as f32);
    map(x, |x| x.affine(factor, term), |x| x * plain_factor + plain_term)
}

/// x².
pub(crate) fn square(x: &Tensor) -> Result<Tensor> {
    map(x, Tensor::sqr, |x| x * x)
}

/// eˣ.
pub(crate) fn exp(x: &Tensor) -> Result<Tensor> {
    map(x, Tensor::exp, f32::exp)
}

/// √max(x, least).
pub(crate) fn root_of_at_least(x: &Tensor, least: f64) -> Result<Tensor> {
    let plain_least = least as f32;
    map(x, |x| x.maximum(least)?.sqrt(), |x| x.max(plain_least).sqrt())
}

/// |x| to a power, with the sign of x.
pub(crate) fn power(x: &Tensor, exponent: f32) -> Result<Tensor> {
    let candle = |x: &Tensor| {
        let power = |x: Tensor| x.relu()?.powf(f64::from(exponent));
        power(x.clone())? - power(x.neg()?)?
    };
    map(x, candle, |x| x.abs().powf(exponent).copysign(x))
}

/// The sum along an axis, which stays with length 1.
///
/// # Errors
/// If there is no such axis.
pub(crate) fn sum_keepdim(x: &Tensor, axis: usize) -> Result<Tensor> {
    if !is_plain(&[x]) {
        return Ok(x.sum_keepdim(axis)?);
    }
    let mut dims = x.dims().to_vec();
    let len = x.dim(axis)?;
    let inner: usize = dims[axis + 1..].iter().product();
    dims[axis] = 1;
    let x = x.contiguous()?;
    let sums = with_values(&x, |values| {
        let mut sums = vec![0.0; dims.iter().product()];
        if !sums.is_empty() && len > 0 {
            let blocks = values[..x.elem_count()].chunks_exact(len * inner);
            for (block, sums) in blocks.zip(sums.chunks_exact_mut(inner)) {
                for row in block.chunks_exact(inner) {
                    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
                }
            }
        }
        sums.into_iter().map(|sum| sum as f32).collect::<Vec<f32>>()
    })?;
    Ok(Tensor::from_vec(sums, dims, x.device())?)
}

/// The mean along an axis, which stays with length 1.
///
/// # Errors
/// If there is no such axis.
pub(crate) fn mean_keepdim(x: &Tensor, axis: usize) -> Result<Tensor> {
    affine(&sum_keepdim(x, axis)?, 1.0 / x.dim(axis)? as f64, 0.0)
}

/// x · rowsᵀ: the inner product of each row of x with each of `rows`.
///
/// # Shapes
/// - x: (m, k)
/// - rows: (n, k)
/// - output: (m, n)
///
/// # Errors
/// If the two have different k.
pub(crate) fn product(x: &Tensor, rows: &Tensor) -> Result<Tensor> {
    if is_plain(&[x, rows]) {
        return dense::linear(Level::best(), x, rows);
    }
    // A GPU's products take whole matrices only, not columns of a wider one.
    Ok(x.contiguous()?.matmul(&rows.contiguous()?.t()?)?)
}

/// What a weight that no longer changes is brought into for [`product_kept`],
/// once it is first used; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(Arc<OnceLock<Packed>>);

/// As [`product`], with `rows` the same at each call with this `kept`.
///
/// # Shapes
/// - x: (m, k), rows: (n, k), output: (m, n)
///
/// # Errors
/// If the two have different k.
pub(crate) fn product_kept(x: &Tensor, rows: &Tensor, kept: &Kept) -> Result<Tensor> {
    if !is_plain(&[x, rows]) {
        return product(x, rows);
    }
    let packed = match kept.0.get() {
        Some(packed) => packed,
        None => {
            let packed = Packed::new(rows)?;
            kept.0.get_or_init(|| packed)
        }
    };
    packed.product(Level::best(), x)
}

/// shares · x: sums of rows of x, each row counting as the share says.
///
/// # Shapes
/// - shares: (n, r), mostly zeros as a rule
/// - x: (r, k)
/// - output: (n, k)
///
/// # Errors
/// If the two have different r.
pub(crate) fn combine(shares: &Tensor, x: &Tensor) -> Result<Tensor> {
    let ((n, rows), (x_rows, dim)) = (shares.dims2()?, x.dims2()?);
    if !is_plain(&[shares, x]) {
        return Ok(shares.matmul(x)?);
    }
    if rows != x_rows {
        return Err(Error::Shape {
            name: "shares of rows".into(),
            expected: (n, x_rows).into(),
            actual: shares.shape().clone(),
        });
    }
    let (shares, x) = (shares.contiguous()?, x.contiguous()?);
    let mut sums = Vec::with_capacity(n * dim);
    with_values(&shares, |shares| {
        with_values(&x, |x| {
            for shares in shares[..n * rows].chunks_exact(rows.max(1)) {
                let mut sum = vec![0.0f64; dim];
                for (share, row) in shares.iter().zip(x.chunks_exact(dim.max(1))) {
                    if *share != 0.0 {
                        let share = f64::from(*share);
                        sum.iter_mut().zip(row).for_each(|(s, x)| *s += share * f64::from(*x));
                    }
                }
                sums.extend(sum.into_iter().map(|sum| sum as f32));
            }
        })
    })??;
    Ok(Tensor::from_vec(sums, (n, dim), x.device())?)
}

/// Each row times a factor of its own.
///
/// # Shapes
/// - x: (r, k), factors: (r), output: (r, k)
///
/// # Errors
/// If there are not as many factors as rows.
pub(crate) fn scale_rows(x: &Tensor, factors: &[f32]) -> Result<Tensor> {
    let (rows, dim) = x.dims2()?;
    if rows != factors.len() {
        return Err(Error::Shape {
            name: "factors of rows".into(),
            expected: rows.into(),
            actual: factors.len().into(),
        });
    }
    let column = Tensor::from_slice(factors, (rows, 1), x.device())?;
    let scaled = zip(x, &column, Tensor::broadcast_mul, |x, factor| x * factor)?;
    debug_assert_eq!(scaled.dims(), [rows, dim]);
    Ok(scaled)
}

/// Rows become columns.
///
/// # Shapes
/// - x: (r, k), output: (k, r)
///
/// # Errors
/// If `x` has another rank.
pub(crate) fn transpose(x: &Tensor) -> Result<Tensor> {
    let (rows, columns) = x.dims2()?;
    if !is_plain(&[x]) {
        return Ok(x.t()?.contiguous()?);
    }
    let x = x.contiguous()?;
    let transposed = with_values(&x, |values| {
        (0..columns)
            .flat_map(|column| (0..rows).map(move |row| values[row * columns + column]))
            .collect::<Vec<f32>>()
    })?;
    Ok(Tensor::from_vec(transposed, (columns, rows), x.device())?)
}

/// Some rows of a matrix, in the order asked for.
///
/// # Shapes
/// - x: (n, k), output: (rows, k)
///
/// # Errors
/// If `x` has another rank.
///
/// # Panics
/// If a row is not below n.
pub(crate) fn take_rows(x: &Tensor, rows: &[usize]) -> Result<Tensor> {
    let (count, dim) = x.dims2()?;
    assert!(rows.iter().all(|row| *row < count), "{rows:?} of {count}");
    if !is_plain(&[x]) {
        let rows: Vec<u32> = rows.iter().map(|row| *row as u32).collect();
        return Ok(x.index_select(&Tensor::new(rows, x.device())?, 0)?);
    }
    let x = x.contiguous()?;
    let taken = with_values(&x, |values| {
        rows.iter().flat_map(|row| &values[row * dim..][..dim]).copied().collect::<Vec<f32>>()
    })?;
    Ok(Tensor::from_vec(taken, (rows.len(), dim), x.device())?)
}

/// What a view shows of pictures; x (B, C, H, W).
///
/// # Errors
/// If `x` has another rank.
pub(crate) fn seen(x: &Tensor, view: View) -> Result<Tensor> {
    let (_, _, height, width) = x.dims4()?;
    let (rows, columns) = (view.rows(height), view.columns(width));
    if !is_plain(&[x]) {
        let places =
            |axis: &[usize]| Tensor::from_iter(axis.iter().map(|place| *place as u32), x.device());
        return Ok(x.index_select(&places(&rows)?, 2)?.index_select(&places(&columns)?, 3)?);
    }
    let pixels = x.flatten_all()?.to_vec1::<f32>()?;
    let mut values = Vec::with_capacity(pixels.len());
    for map in pixels.chunks_exact(height * width) {
        for row in &rows {
            let row = &map[row * width..][..width];
            values.extend(columns.iter().map(|column| row[*column]));
        }
    }
    Ok(Tensor::from_vec(values, x.shape(), x.device())?)
}

fn map(
    x: &Tensor,
    candle: impl FnOnce(&Tensor) -> CandleResult<Tensor>,
    plain: impl Fn(f32) -> f32,
) -> Result<Tensor> {
    if !is_plain(&[x]) {
        return Ok(candle(x)?);
    }
    let x = x.contiguous()?;
    let count = x.elem_count();
    let mapped = with_values(&x, |values| values[..count].iter().map(|x| plain(*x)).collect())?;
    Ok(Tensor::from_vec::<_, f32>(mapped, x.shape(), x.device())?)
}

fn zip(
    a: &Tensor,
    b: &Tensor,
    candle: impl FnOnce(&Tensor, &Tensor) -> CandleResult<Tensor>,
    plain: impl Fn(f32, f32) -> f32,
) -> Result<Tensor> {
    if !is_plain(&[a, b]) {
        return Ok(candle(a, b)?);
    }
    let shape = a.shape().broadcast_shape_binary_op(b.shape(), "broadcast")?;
    let mut out = Vec::with_capacity(shape.elem_count());
    if shape.elem_count() > 0 {
        let (a, b) = (Rows::of(&a.broadcast_as(&shape)?)?, Rows::of(&b.broadcast_as(&shape)?)?);
        let len = shape.dims().last().copied().unwrap_or(1);
        with_values(&a.tensor, |x| {
            with_values(&b.tensor, |y| {
                for (i, j) in a.starts.iter().zip(&b.starts) {
                    let (x, y) = (&x[*i..], &y[*j..]);
                    match [a.step, b.step] {
                        [1, 1] => {
                            out.extend(x[..len].iter().zip(&y[..len]).map(|(x, y)| plain(*x, *y)));
                        }
                        [s, t] => out.extend((0..len).map(|i| plain(x[i * s], y[i * t]))),
                    }
                }
            })
        })??;
    }
    Ok(Tensor::from_vec(out, shape, a.device())?)
}

/// A broadcast tensor, row by row.
struct Rows {
    tensor: Tensor,
    /// Where each row starts, from the tensor's first value on.
    starts: Vec<usize>,
    /// From one value of a row to the next: 0 where one serves for all.
    step: usize,
}

impl Rows {
    fn of(tensor: &Tensor) -> Result<Self> {
        let offset = tensor.layout().start_offset();
        let firsts = tensor.narrow(D::Minus1, 0, 1)?;
        Ok(Self {
            tensor: tensor.clone(),
            starts: firsts.strided_index().map(|index| index - offset).collect(),
            step: tensor.stride().last().copied().unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Shape, Var};

    use super::*;
    use crate::rng;

    fn drawn(stream: u64, shape: impl Into<Shape>) -> Tensor {
        rng::normal(&mut rng::rng(3, stream), shape, &Device::Cpu).unwrap()
    }

    fn assert_same(plain: &Tensor, candle: &Tensor) {
        assert_eq!(plain.dims(), candle.dims());
        let values = |x: &Tensor| x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (a, b) in values(plain).into_iter().zip(values(candle)) {
            assert!((a - b).abs() <= 1e-5 * b.abs().max(1.0), "{a} {b}");
        }
    }

    #[test]
    fn any_broadcast_and_any_layout_agree_with_candle() -> Result<()> {
        let shapes: [(&[usize], &[usize]); 6] = [
            (&[3, 5], &[3, 5]),
            (&[3, 5], &[5]),
            (&[3, 1], &[1, 5]),
            (&[2, 3, 5], &[2, 1, 5]),
            (&[4, 5], &[4, 1]),
            (&[0, 5], &[1, 5]),
        ];
        for (a, b) in shapes {
            let (a, b) = (drawn(1, a), drawn(2, b));
            assert_same(&add(&a, &b)?, &a.broadcast_add(&b)?);
            assert_same(&sub(&a, &b)?, &a.broadcast_sub(&b)?);
            assert_same(&div(&a, &b)?, &a.broadcast_div(&b)?);
        }
        let (wide, row) = (drawn(1, (7, 6)), drawn(2, (1, 4)));
        let cut = wide.narrow(1, 1, 4)?.narrow(0, 2, 3)?;
        assert_same(&add(&cut, &row)?, &cut.broadcast_add(&row)?);
        let transposed = wide.t()?;
        assert_same(&sub(&transposed, &transposed)?, &(&transposed - &transposed)?);
        assert!(add(&wide, &row).is_err());
        Ok(())
    }

    #[test]
    fn sums_means_and_maps_agree_with_candle() -> Result<()> {
        let x = drawn(1, (3, 4, 5)).narrow(1, 1, 3)?;
        for axis in 0..3 {
            assert_same(&sum_keepdim(&x, axis)?, &x.sum_keepdim(axis)?);
            assert_same(&mean_keepdim(&x, axis)?, &x.mean_keepdim(axis)?);
        }
        assert!(sum_keepdim(&x, 3).is_err());
        assert_same(&affine(&x, -2.0, 0.5)?, &x.affine(-2.0, 0.5)?);
        assert_same(&square(&x)?, &x.sqr()?);
        assert_same(&exp(&x)?, &x.exp()?);
        assert_same(&root_of_at_least(&x, 0.25)?, &x.maximum(0.25)?.sqrt()?);
        assert_same(&power(&x, 0.5)?, &(x.relu()?.sqrt()? - x.neg()?.relu()?.sqrt()?)?);
        let y = drawn(9, x.shape());
        assert_same(&add_relu(&x, &y)?, &(&x + &y)?.relu()?);
        let empty = drawn(1, (0, 4));
        assert_same(&product(&empty, &drawn(2, (3, 4)))?, &drawn(1, (0, 3)));
        Ok(())
    }

    #[test]
    fn combinations_scalings_and_transposes_agree_with_candle() -> Result<()> {
        let (shares, x) = (drawn(1, (3, 5)), drawn(2, (5, 7)));
        assert_same(&combine(&shares, &x)?, &shares.matmul(&x)?);
        assert!(combine(&x, &shares).is_err());
        assert_same(&transpose(&x.narrow(1, 2, 3)?)?, &x.narrow(1, 2, 3)?.t()?.contiguous()?);
        let factors = [2.0, 0.0, -1.0, 0.5, 3.0];
        let column = Tensor::from_slice(&factors, (5, 1), &Device::Cpu)?;
        assert_same(&scale_rows(&x, &factors)?, &x.broadcast_mul(&column)?);
        assert!(scale_rows(&x, &factors[..4]).is_err());
        Ok(())
    }

    #[test]
    fn rows_are_taken_in_the_order_asked_for() -> Result<()> {
        let x = drawn(1, (5, 6)).narrow(1, 2, 3)?;
        let rows = [4, 0, 4];
        let expected =
            x.contiguous()?.index_select(&Tensor::new(&[4u32, 0, 4], &Device::Cpu)?, 0)?;
        assert_same(&take_rows(&x, &rows)?, &expected);
        assert_same(&take_rows(&x, &[])?, &drawn(1, (0, 3)));
        Ok(())
    }

    #[test]
    fn a_kept_weight_gives_the_same_product_again() -> Result<()> {
        let (rows, kept) = (drawn(2, (37, 2 * 20)).narrow(1, 20, 20)?, Kept::default());
        for (stream, count) in [(3, 1), (4, 70)] {
            let x = drawn(stream, (count, 20));
            assert_same(&product_kept(&x, &rows, &kept.clone())?, &x.matmul(&rows.t()?)?);
        }
        let x = Var::from_tensor(&drawn(5, (2, 20)))?;
        assert!(product_kept(&x, &rows, &kept)?.sum_all()?.backward()?.get(&x).is_some());
        Ok(())
    }

    #[test]
    fn views_show_what_candle_selects() -> Result<()> {
        let config = crate::ModelConfig::new(5, 3);
        let image = crate::ImageConfig { mirror: true, shift: 1, ..config.image };
        // Up by a pixel, mirrored.
        let view = image.views()[7];
        let x = drawn(1, (2, 3, 4, 7)).narrow(3, 1, 5)?;
        let shown = seen(&x, view)?;
        assert_same(&shown, &seen(Var::from_tensor(&x)?.as_tensor(), view)?);
        let flipped = x.contiguous()?.flip(&[3])?;
        assert_same(&shown.narrow(2, 1, 3)?, &flipped.narrow(2, 0, 3)?);
        assert_same(&shown.narrow(2, 0, 1)?, &flipped.narrow(2, 0, 1)?);
        Ok(())
    }

    #[test]
    fn variables_keep_their_gradient() -> Result<()> {
        let x = Var::from_tensor(&drawn(1, (2, 3)))?;
        let sum = sum_keepdim(&square(&add(&x, &drawn(2, 3))?)?, 1)?.sum_all()?;
        assert!(sum.backward()?.get(&x).is_some());
        Ok(())
    }
}
