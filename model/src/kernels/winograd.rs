//! Winograd F(4x4, 3x3): the transforms of inputs, filters, outputs and their
//! transposes (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural
//! Networks", section 4.3).
//!
//! A 4x4 tile of outputs is `Aᵀ [(G w Gᵀ) ⊙ (Bᵀ x B)] A` of its 6x6 window x and
//! the filter w: 36 products of channels instead of 144. Transformed tiles lie
//! position after position, `(36, tiles, channels)`, so that each of the 36 is one
//! matrix product. Which tiles there are is [`super::convolve`]'s.

use std::ops::Range;

use super::{
    map::{Geometry, TILE},
    simd::{Simd, Task},
};

/// Side of a tile's window.
const WINDOW: usize = 6;
/// Products of a tile.
pub(super) const POSITIONS: usize = WINDOW * WINDOW;

/// G, 6x3.
const FILTER: [[f32; 3]; WINDOW] = [
    [0.25, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// `G w Gᵀ`: (3, 3, rest) to (36, rest).
pub(super) fn filters(weight: &[f32]) -> Vec<f32> {
    let rest = weight.len() / 9;
    let mut rows = vec![0.0; WINDOW * 3 * rest];
    for (i, row) in FILTER.iter().enumerate() {
        for (r, &factor) in row.iter().enumerate() {
            add_scaled(&mut rows[i * 3 * rest..][..3 * rest], &weight[r * 3 * rest..], factor);
        }
    }
    let mut out = vec![0.0; POSITIONS * rest];
    for i in 0..WINDOW {
        for (j, column) in FILTER.iter().enumerate() {
            for (s, &factor) in column.iter().enumerate() {
                let to = &mut out[(i * WINDOW + j) * rest..][..rest];
                add_scaled(to, &rows[(i * 3 + s) * rest..], factor);
            }
        }
    }
    out
}

/// The transpose of [`filters`], `Gᵀ u G`: (36, rest) to (3, 3, rest).
pub(super) fn filters_transposed(transformed: &[f32]) -> Vec<f32> {
    let rest = transformed.len() / POSITIONS;
    let mut rows = vec![0.0; WINDOW * 3 * rest];
    for i in 0..WINDOW {
        for (j, column) in FILTER.iter().enumerate() {
            for (s, &factor) in column.iter().enumerate() {
                let to = &mut rows[(i * 3 + s) * rest..][..rest];
                add_scaled(to, &transformed[(i * WINDOW + j) * rest..], factor);
            }
        }
    }
    let mut weight = vec![0.0; 9 * rest];
    for (i, row) in FILTER.iter().enumerate() {
        for (r, &factor) in row.iter().enumerate() {
            add_scaled(&mut weight[r * 3 * rest..][..3 * rest], &rows[i * 3 * rest..], factor);
        }
    }
    weight
}

fn add_scaled(to: &mut [f32], from: &[f32], factor: f32) {
    if factor != 0.0 {
        to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
    }
}

/// The 6x6 windows of some tiles, `Bᵀ x B`.
pub(super) struct Inputs<'a> {
    /// A group of images with a border.
    pub images: &'a [f32],
    pub geometry: Geometry,
    /// Counted over the group, row by row in each image.
    pub tiles: Range<usize>,
    /// (36, `spacing`)
    pub out: &'a mut [f32],
    /// Values from one position to the next.
    pub spacing: usize,
}

/// The 4x4 gradients of some tiles, `A y Aᵀ`; fields as in [`Inputs`].
pub(super) struct Gradients<'a>(pub Inputs<'a>);

/// Position of a tile's first pixel, its row and its column.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub image: usize,
    pub row: usize,
    pub column: usize,
}

impl Place {
    #[inline(always)]
    pub fn of(tile: usize, per_row: usize) -> Self {
        let (image, rest) = (tile / (per_row * per_row), tile % (per_row * per_row));
        Self { image, row: rest / per_row * TILE, column: rest % per_row * TILE }
    }
}

impl Task for Inputs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        transform_tiles::<S, Windows, WINDOW>(self, 1, simd);
    }
}

impl Task for Gradients<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        transform_tiles::<S, Spread, TILE>(self.0, 0, simd);
    }
}

/// Applies a one-dimensional transform to columns, then rows, of each tile's
/// `SIDE`² pixels, which start `before` pixels above and left of the tile.
#[inline(always)]
fn transform_tiles<S: Simd, T: Transform<SIDE>, const SIDE: usize>(
    task: Inputs<'_>,
    before: usize,
    simd: S,
) {
    let Inputs { images, geometry, tiles, out, spacing } = task;
    let Geometry { pitch, channels, .. } = geometry;
    let (per_row, row_len) = (geometry.tiles(), pitch * channels);
    assert!(geometry.border >= before && per_row * TILE + 2 <= pitch);
    assert!((tiles.end.div_ceil(per_row * per_row)) * geometry.image_len() <= images.len());
    assert!((POSITIONS - 1) * spacing + tiles.len() * channels <= out.len());
    let zero = simd.splat(0.0);
    for (slot, tile) in tiles.enumerate() {
        let Place { image, row, column } = Place::of(tile, per_row);
        let start = image * geometry.image_len()
            + ((row + geometry.border - before) * pitch + column + geometry.border - before)
                * channels;
        let mut channel = 0;
        while channel < channels {
            let mut half = [[zero; SIDE]; WINDOW];
            for j in 0..SIDE {
                let mut pixels = [zero; SIDE];
                for (i, pixel) in pixels.iter_mut().enumerate() {
                    let at = start + i * row_len + j * channels + channel;
                    // SAFETY: the window of every tile lies inside its image (a map is filled
                    // up to whole tiles), and the images hold all tiles; asserted above.
                    *pixel = unsafe { simd.load(images.as_ptr().add(at)) };
                }
                for (half, value) in half.iter_mut().zip(T::apply(simd, pixels)) {
                    half[j] = value;
                }
            }
            for (i, half) in half.into_iter().enumerate() {
                for (j, value) in T::apply(simd, half).into_iter().enumerate() {
                    let at = (i * WINDOW + j) * spacing + slot * channels + channel;
                    // SAFETY: `slot < tiles.len()`, and the last position fits; asserted above.
                    unsafe { simd.store(value, out.as_mut_ptr().add(at)) };
                }
            }
            channel += S::LANES;
        }
    }
}

/// A transform of one dimension. A trait, since a closure is not always inlined,
/// and vector instructions are function calls in what is not.
trait Transform<const SIDE: usize> {
    fn apply<S: Simd>(simd: S, values: [S::Vector; SIDE]) -> [S::Vector; WINDOW];
}

/// `Bᵀ x`.
struct Windows;

impl Transform<WINDOW> for Windows {
    #[inline(always)]
    fn apply<S: Simd>(simd: S, x: [S::Vector; WINDOW]) -> [S::Vector; WINDOW] {
        let (two, four) = (simd.splat(2.0), simd.splat(4.0));
        let (minus_four, minus_five) = (simd.splat(-4.0), simd.splat(-5.0));
        let a = simd.mul_add(minus_four, x[2], x[4]);
        let b = simd.mul_add(minus_four, x[1], x[3]);
        let c = simd.sub(x[4], x[2]);
        let d = simd.mul(two, simd.sub(x[3], x[1]));
        [
            simd.mul_add(minus_five, x[2], simd.mul_add(four, x[0], x[4])),
            simd.add(a, b),
            simd.sub(a, b),
            simd.add(c, d),
            simd.sub(c, d),
            simd.mul_add(minus_five, x[3], simd.mul_add(four, x[1], x[5])),
        ]
    }
}

/// `A y`.
struct Spread;

impl Transform<TILE> for Spread {
    #[inline(always)]
    fn apply<S: Simd>(simd: S, y: [S::Vector; TILE]) -> [S::Vector; WINDOW] {
        let (two, four) = (simd.splat(2.0), simd.splat(4.0));
        let (a, b) = (simd.add(y[0], y[2]), simd.add(y[1], y[3]));
        let c = simd.mul_add(four, y[2], y[0]);
        let d = simd.mul(two, simd.mul_add(four, y[3], y[1]));
        [y[0], simd.add(a, b), simd.sub(a, b), simd.add(c, d), simd.sub(c, d), y[3]]
    }
}

/// `Aᵀ m`.
#[inline(always)]
fn gather<S: Simd>(simd: S, m: [S::Vector; WINDOW]) -> [S::Vector; TILE] {
    let (two, four, eight) = (simd.splat(2.0), simd.splat(4.0), simd.splat(8.0));
    let (a, b) = (simd.add(m[1], m[2]), simd.sub(m[1], m[2]));
    let (c, d) = (simd.add(m[3], m[4]), simd.sub(m[3], m[4]));
    [
        simd.add(simd.add(m[0], a), c),
        simd.mul_add(two, d, b),
        simd.mul_add(four, c, a),
        simd.add(simd.mul_add(eight, d, b), m[5]),
    ]
}

/// The 4x4 outputs of one tile, `LANES` channels of them, `Aᵀ m A`.
///
/// # Safety
/// `products` must reach `LANES` values at each of 36 positions, `spacing` apart.
#[inline(always)]
pub(super) unsafe fn outputs<S: Simd>(
    simd: S,
    products: *const f32,
    spacing: usize,
) -> [[S::Vector; TILE]; TILE] {
    let zero = simd.splat(0.0);
    let mut half = [[zero; WINDOW]; TILE];
    for j in 0..WINDOW {
        let mut column = [zero; WINDOW];
        for (i, value) in column.iter_mut().enumerate() {
            // SAFETY: the caller's promise; `i · 6 + j` is a position.
            *value = unsafe { simd.load(products.add((i * WINDOW + j) * spacing)) };
        }
        for (half, value) in half.iter_mut().zip(gather(simd, column)) {
            half[j] = value;
        }
    }
    let mut outputs = [[zero; TILE]; TILE];
    for (outputs, half) in outputs.iter_mut().zip(half) {
        *outputs = gather(simd, half);
    }
    outputs
}
