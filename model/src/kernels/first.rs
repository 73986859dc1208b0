//! The first block's convolution: few input channels, so Winograd gains nothing.
//! A row's 3x3 windows are laid out side by side (im2col), (side, 9 C), and multiplied with the filters.
//!
//! Its outputs are the largest maps of a network and cost least to compute, so that training
//! computes them again where it needs them and keeps none.

use super::{map::Geometry, matmul::Matmul, scratch, simd::Level};

/// Values of one window.
pub(super) fn window_len(geometry: &Geometry) -> usize {
    9 * geometry.channels
}

/// The windows of one row of an image, (side, 3, 3, C).
pub(super) fn im2col(image: &[f32], geometry: &Geometry, row: usize, out: &mut [f32]) {
    let Geometry { side, pitch, channels, .. } = *geometry;
    let run = 3 * channels;
    let rows = [0, 1, 2].map(|dy| &image[(row + dy) * pitch * channels..]);
    for (column, window) in out[..side * 3 * run].chunks_exact_mut(3 * run).enumerate() {
        for (part, row) in window.chunks_exact_mut(run).zip(rows) {
            part.copy_from_slice(&row[column * channels..][..run]);
        }
    }
}

/// Filters times windows: (n, 9 C) · (9 C, O) to (n, O).
pub(super) fn multiply(
    level: Level,
    windows: &[f32],
    window_len: usize,
    filters: &[f32],
    out: &mut [f32],
) {
    let (count, width) = (windows.len() / window_len, filters.len() / window_len);
    Matmul {
        shape: [count, window_len, width],
        a: windows,
        a_strides: [window_len, 1],
        b: filters,
        c: out,
        accumulate: false,
    }
    .run_on(level);
}

/// A pair of rows of an image's outputs; the last row of an odd side comes alone.
pub(super) struct Pair<'a> {
    /// Counted from the top.
    pub index: usize,
    /// How many rows there are, 1 or 2.
    pub rows: usize,
    /// The windows behind the outputs, (rows, side, 9 C).
    pub windows: &'a [f32],
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
    let (side, window_len) = (geometry.side, window_len(geometry));
    let row_len = side * (filters.len() / window_len);
    scratch::with([2 * side * window_len, 2 * row_len], |[windows, outputs]| {
        for index in 0..side.div_ceil(2) {
            let rows = (side - 2 * index).min(2);
            let windows = &mut windows[..rows * side * window_len];
            for (half, windows) in windows.chunks_exact_mut(side * window_len).enumerate() {
                im2col(image, geometry, 2 * index + half, windows);
            }
            let outputs = &mut outputs[..rows * row_len];
            multiply(level, windows, window_len, filters, outputs);
            work(Pair { index, rows, windows, outputs });
        }
    });
}

/// Adds the filters' gradient of some pixels: (n, 9 C)ᵀ · (n, O) to (9 C, O).
pub(super) fn add_gradient(
    level: Level,
    windows: &[f32],
    window_len: usize,
    gradients: &[f32],
    sum: &mut [f32],
) {
    let (count, width) = (windows.len() / window_len, sum.len() / window_len);
    Matmul {
        shape: [window_len, count, width],
        a: windows,
        a_strides: [1, window_len],
        b: gradients,
        c: sum,
        accumulate: true,
    }
    .run_on(level);
}
