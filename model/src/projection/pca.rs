//! The two directions of greatest variance.

use candle_core::Tensor;

use crate::{
    Error, Result,
    kernels::arithmetic::{affine, mean_keepdim, product, sub},
    rng,
};

/// Rounds of subspace iteration at most; each multiplies the gap between the
/// kept and the other directions by the ratio of their variances.
const MAX_ROUNDS: usize = 100;
/// Directions whose turn in a round is below this have settled.
const SETTLED: f32 = 1e-6;

/// Coordinates along the first two principal components, by subspace iteration.
///
/// The sign of each component is chosen so that its largest weight is positive:
/// the same features give the same picture everywhere.
///
/// # Shapes
/// - features: (n, D), f32
/// - output: n points, in the order of the rows
///
/// # Errors
/// If `features` has another rank or holds values that are not finite.
pub fn pca_2d(features: &Tensor) -> Result<Vec<[f32; 2]>> {
    let (count, dim) = features.dims2()?;
    if count == 0 || dim == 0 {
        return Ok(vec![[0.0; 2]; count]);
    }
    let centred = sub(features, &mean_keepdim(features, 0)?)?;
    let values = centred.flatten_all()?.to_vec1::<f32>()?;
    let spread = values.iter().fold(0f32, |most, value| most.max(value.abs()));
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Error::NotFinite("features".into()));
    }
    if spread == 0.0 {
        return Ok(vec![[0.0; 2]; count]);
    }
    // Two vectors in the space of the points (n), not of the features (D): n is
    // the smaller of the two, and the result is their image itself.
    let centred = affine(&centred, 1.0 / f64::from(spread), 0.0)?;
    let gram = product(&centred, &centred)?;
    let mut basis = orthonormal(rng::normal_values(&mut rng::rng(0, 0), 2 * count), count);
    for _ in 0..MAX_ROUNDS {
        let vectors = Tensor::from_slice(&basis, (2, count), features.device())?;
        // The Gram matrix is its own transpose.
        let next = product(&vectors, &gram)?.flatten_all()?.to_vec1::<f32>()?;
        let next = orthonormal(next, count);
        let overlap = |k: usize| dot(&next[k * count..][..count], &basis[k * count..][..count]);
        let settled = (0..2).all(|k| 1.0 - overlap(k).abs() < SETTLED);
        basis = next;
        if settled {
            break;
        }
    }
    let vectors = Tensor::from_slice(&basis, (2, count), features.device())?;
    let weights = product(&vectors, &centred.t()?)?.to_vec2::<f32>()?;
    let sign = |k: usize| {
        let largest = weights[k].iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()));
        if largest.is_some_and(|weight| weight < 0.0) { -1.0 } else { 1.0 }
    };
    let scale = [0, 1].map(|k| sign(k) * dot(&weights[k], &weights[k]).sqrt() * spread);
    Ok((0..count).map(|i| [basis[i] * scale[0], basis[count + i] * scale[1]]).collect())
}

/// Gram-Schmidt on two rows; a row with nothing left becomes zero.
fn orthonormal(mut rows: Vec<f32>, count: usize) -> Vec<f32> {
    let (first, second) = rows.split_at_mut(count);
    let before = dot(second, second).sqrt();
    normalise(first, 0.0);
    // Twice: one pass leaves rounding errors where the rows were nearly parallel.
    for _ in 0..2 {
        let along = dot(first, second);
        second.iter_mut().zip(&*first).for_each(|(s, f)| *s -= along * f);
    }
    normalise(second, before * 1e-5);
    rows
}

fn normalise(row: &mut [f32], negligible: f32) {
    let length = dot(row, row).sqrt();
    let scale = if length > negligible { 1.0 / length } else { 0.0 };
    row.iter_mut().for_each(|value| *value *= scale);
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn a_flat_cloud_keeps_its_distances() -> Result<()> {
        // Points of a plane turned into five dimensions by two orthonormal axes.
        let axes = [[0.5f32, 0.5, 0.5, 0.5, 0.0], [0.5, -0.5, 0.5, -0.5, 0.0]];
        let points: Vec<[f32; 2]> =
            (0..40).map(|i| [(i * 7 % 40) as f32, (i * 3 % 11) as f32 * 0.3]).collect();
        let rows: Vec<f32> = points
            .iter()
            .flat_map(|p| (0..5).map(|d| 3.0 + p[0] * axes[0][d] + p[1] * axes[1][d]))
            .collect();
        let drawn = pca_2d(&Tensor::from_vec(rows, (40, 5), &Device::Cpu)?)?;
        let distance = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        for i in 0..40 {
            for j in 0..i {
                let (was, is) = (distance(points[i], points[j]), distance(drawn[i], drawn[j]));
                assert!((was - is).abs() < 1e-2, "{i} {j}: {was} {is}");
            }
        }
        let variance = |axis: usize| drawn.iter().map(|p| p[axis] * p[axis]).sum::<f32>();
        assert!(variance(0) > 10.0 * variance(1));
        Ok(())
    }

    #[test]
    fn degenerate_clouds_are_drawn_too() -> Result<()> {
        let draw = |rows: &[[f32; 3]]| -> Result<Vec<[f32; 2]>> {
            pca_2d(&Tensor::from_vec(rows.concat(), (rows.len(), 3), &Device::Cpu)?)
        };
        assert_eq!(draw(&[[1.0, 2.0, 3.0]])?, [[0.0, 0.0]]);
        assert_eq!(draw(&[[1.0, 2.0, 3.0]; 4])?, [[0.0, 0.0]; 4]);
        let line = draw(&[[0.0; 3], [1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])?;
        assert!(line.iter().all(|p| p[1].abs() < 1e-3), "{line:?}");
        assert!(((line[2][0] - line[0][0]).abs() - 12f32.sqrt()).abs() < 1e-3, "{line:?}");
        assert!(draw(&[[f32::NAN, 0.0, 0.0], [0.0; 3]]).is_err());
        Ok(())
    }
}
