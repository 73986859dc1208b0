//! The first block's convolution: few input channels, so Winograd gains nothing.
//! A window is three runs of 3 C values in the map, and so is a row of the matrix that is
//! multiplied with the filters; nothing is copied.
//!
//! Its outputs are the largest maps of a network and cost least to compute, so that training
//! computes them again where it needs them and keeps none.

use super::{
    map::Geometry,
    matmul::{Matmul, Runs},
    scratch,
    simd::Level,
};

/// The outputs of as many rows as `outputs` holds, from row `first` on.
///
/// # Shapes
/// - filters: (3, 3, C, O)
/// - outputs: (rows, side, O)
pub(super) fn multiply(
    level: Level,
    image: &[f32],
    geometry: &Geometry,
    first: usize,
    filters: &[f32],
    outputs: &mut [f32],
) {
    let Geometry { side, pitch, channels, .. } = *geometry;
    let width = filters.len() / (9 * channels);
    for (row, outputs) in (first..).zip(outputs.chunks_exact_mut(side * width)) {
        Matmul {
            shape: [side, 3 * channels, width],
            a: &image[row * pitch * channels..],
            a_strides: [channels, 1],
            runs: Runs { count: 3, stride: pitch * channels },
            b: filters,
            c: outputs,
            accumulate: false,
        }
        .run_on(level);
    }
}

/// Adds the filters' gradient of some rows' outputs, from row `first` on, to `sum`.
///
/// # Shapes
/// - gradients: (rows, side, O)
/// - sum: (3, 3, C, O)
pub(super) fn add_gradient(
    level: Level,
    image: &[f32],
    geometry: &Geometry,
    first: usize,
    gradients: &[f32],
    sum: &mut [f32],
) {
    let Geometry { side, pitch, channels, .. } = *geometry;
    let width = sum.len() / (9 * channels);
    let count = gradients.len() / (side * width);
    for (row, sum) in (first..).zip(sum.chunks_exact_mut(3 * channels * width)) {
        Matmul {
            shape: [3 * channels, side, width],
            a: &image[row * pitch * channels..],
            a_strides: [1, channels],
            runs: Runs { count, stride: pitch * channels },
            b: gradients,
            c: sum,
            accumulate: true,
        }
        .run_on(level);
    }
}

/// A pair of rows of an image's outputs; the last row of an odd side comes alone.
pub(super) struct Pair<'a> {
    /// Counted from the top.
    pub index: usize,
    /// How many rows there are, 1 or 2.
    pub rows: usize,
    /// (rows, side, O)
    pub outputs: &'a mut [f32],
}

/// Computes the outputs of one image and hands them on, pair by pair.
pub(super) fn each_pair(
    level: Level,
    image: &[f32],
    geometry: &Geometry,
    filters: &[f32],
    mut work: impl FnMut(Pair<'_>),
) {
    let side = geometry.side;
    let row_len = side * filters.len() / (9 * geometry.channels);
    scratch::with([2 * row_len], |[outputs]| {
        for index in 0..side.div_ceil(2) {
            let rows = (side - 2 * index).min(2);
            let outputs = &mut outputs[..rows * row_len];
            multiply(level, image, geometry, 2 * index, filters, outputs);
            work(Pair { index, rows, outputs });
        }
    });
}
