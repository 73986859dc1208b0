//! The first block's convolution: few input channels, so Winograd gains nothing.
//! A row's 3x3 windows are laid out side by side (im2col), (side, 9 C), and multiplied with the filters.

use super::{map::Geometry, matmul::Matmul, simd::Level};

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
