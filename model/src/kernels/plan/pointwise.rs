//! The pointwise convolution: a matrix product with bias, addition and activation
//! applied while the outputs are in registers.
//!
//! The weight lies in panels of two vectors' columns, (depth, 2 · LANES), so that
//! it is read from one end to the other; a block of pixels stays in the cache while
//! panels pass by. Every output is summed in the order of the depth, whatever the
//! tile it falls into.

use super::{
    super::simd::{Simd, Task},
    step::Activation,
};

/// Depth that a panel is multiplied with at a time, so that it stays in the cache.
const DEPTH: usize = 1152;
/// Values of the pixels that stay in the cache while all panels pass by.
const BLOCK: usize = 48 * 1024;

/// Weights ready for the product.
#[derive(Debug)]
pub(super) struct Pointwise {
    /// Values of a pixel that are multiplied.
    depth: usize,
    /// Values of a pixel that come out, a multiple of the vector.
    pub width: usize,
    lanes: usize,
    /// For each panel of columns (depth, columns).
    panels: Vec<f32>,
    /// (width)
    bias: Vec<f32>,
    activation: Activation,
}

impl Pointwise {
    /// `weight(output, depth)` gives the factor of a value of the depth.
    pub fn new(
        lanes: usize,
        depth: usize,
        bias: &[f32],
        activation: Activation,
        weight: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let width = bias.len().next_multiple_of(lanes);
        let mut panels = Vec::with_capacity(depth * width);
        for first in (0..width).step_by(2 * lanes) {
            let columns = first..width.min(first + 2 * lanes);
            for row in 0..depth {
                let value = |column| if column < bias.len() { weight(column, row) } else { 0.0 };
                panels.extend(columns.clone().map(value));
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(width, 0.0);
        Self { depth, width, lanes, panels, bias, activation }
    }
}

/// Where the outputs go: rows of `side` pixels, `pitch` values apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    pub side: usize,
    pub pitch: usize,
}

/// Multiplies `count` pixels.
pub(super) struct Multiply<'a> {
    pub pointwise: &'a Pointwise,
    /// Pixels one after the other, `input_width` values apart.
    pub input: &'a [f32],
    pub input_width: usize,
    pub count: usize,
    /// Pixels that are added before the activation, (count, width).
    pub residual: Option<&'a [f32]>,
    pub output: &'a mut [f32],
    pub rows: Rows,
}

impl Task for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { pointwise, input, input_width, count, residual, output, rows } = self;
        let Pointwise { depth, width, lanes, panels, bias, activation } = pointwise;
        let (depth, width) = (*depth, *width);
        assert!(*lanes == S::LANES && width.is_multiple_of(S::LANES) && bias.len() == width);
        assert!(panels.len() == depth * width && count > 0 && depth > 0);
        assert!((count - 1) * input_width + depth <= input.len());
        let last = (count - 1) / rows.side * rows.pitch + (count - 1) % rows.side * width;
        assert!(last + width <= output.len() && rows.pitch >= rows.side * width);
        assert!(residual.is_none_or(|residual| residual.len() >= count * width));
        let block = (BLOCK / depth).max(4 * S::TILE_ROWS);
        for from in (0..count).step_by(block) {
            let to = count.min(from + block);
            for start in (0..depth).step_by(DEPTH) {
                let part = DEPTH.min(depth - start);
                let mut column = 0;
                while column < width {
                    let vectors = if width - column >= 2 * S::LANES { 2 } else { 1 };
                    let columns = vectors * S::LANES;
                    // SAFETY: a panel holds `depth` rows of its columns.
                    let panel = unsafe { panels.as_ptr().add(column * depth + start * columns) };
                    let tiles = (to - from).div_ceil(S::TILE_ROWS);
                    for tile in 0..tiles {
                        let first = from + (to - from) * tile / tiles;
                        let count = from + (to - from) * (tile + 1) / tiles - first;
                        // SAFETY: pixels below `count` and columns below `width`, which the
                        // slices hold; asserted above.
                        unsafe {
                            let tile = Tile {
                                input: input.as_ptr().add(first * input_width + start),
                                input_width,
                                depth: part,
                                panel,
                                bias: bias.as_ptr().add(column),
                                residual: residual
                                    .map(|residual| residual.as_ptr().add(first * width + column)),
                                output: output.as_mut_ptr().add(column),
                                width,
                                first,
                                rows,
                                activation: *activation,
                                is_first: start == 0,
                                is_last: start + part == depth,
                            };
                            if vectors == 2 {
                                tile.any_count::<S, 2>(simd, count);
                            } else {
                                tile.any_count::<S, 1>(simd, count);
                            }
                        }
                    }
                    column += columns;
                }
            }
        }
    }
}

/// Pixels and columns whose sums stay in registers while the depth advances.
struct Tile {
    input: *const f32,
    input_width: usize,
    depth: usize,
    panel: *const f32,
    bias: *const f32,
    residual: Option<*const f32>,
    output: *mut f32,
    width: usize,
    /// Number of the first pixel.
    first: usize,
    rows: Rows,
    activation: Activation,
    /// Sums begin with the bias, else with what the output holds.
    is_first: bool,
    /// Sums are complete, so that residual and activation follow.
    is_last: bool,
}

impl Tile {
    /// # Safety
    /// As [`Self::compute`].
    #[inline(always)]
    unsafe fn any_count<S: Simd, const VECTORS: usize>(&self, simd: S, count: usize) {
        // SAFETY: passed on to the caller.
        unsafe {
            match count {
                12 if S::TILE_ROWS >= 12 => self.compute::<S, 12, VECTORS>(simd),
                11 if S::TILE_ROWS >= 11 => self.compute::<S, 11, VECTORS>(simd),
                10 if S::TILE_ROWS >= 10 => self.compute::<S, 10, VECTORS>(simd),
                9 if S::TILE_ROWS >= 9 => self.compute::<S, 9, VECTORS>(simd),
                8 if S::TILE_ROWS >= 8 => self.compute::<S, 8, VECTORS>(simd),
                7 if S::TILE_ROWS >= 7 => self.compute::<S, 7, VECTORS>(simd),
                6 if S::TILE_ROWS >= 6 => self.compute::<S, 6, VECTORS>(simd),
                5 if S::TILE_ROWS >= 5 => self.compute::<S, 5, VECTORS>(simd),
                4 => self.compute::<S, 4, VECTORS>(simd),
                3 => self.compute::<S, 3, VECTORS>(simd),
                2 => self.compute::<S, 2, VECTORS>(simd),
                _ => self.compute::<S, 1, VECTORS>(simd),
            }
        }
    }

    /// # Safety
    /// The pointers must reach `COUNT` pixels of input, residual and output, `depth`
    /// rows of the panel, and `VECTORS · LANES` columns of all.
    #[inline(always)]
    unsafe fn compute<S: Simd, const COUNT: usize, const VECTORS: usize>(&self, simd: S) {
        let mut sums = [[simd.splat(0.0); VECTORS]; COUNT];
        let outputs: [*mut f32; COUNT] = std::array::from_fn(|index| {
            let pixel = self.first + index;
            let Rows { side, pitch } = self.rows;
            self.output.wrapping_add(pixel / side * pitch + pixel % side * self.width)
        });
        // SAFETY: the caller's promise; each access below is within it.
        unsafe {
            if self.is_first {
                for sums in &mut sums {
                    for (vector, sum) in sums.iter_mut().enumerate() {
                        *sum = simd.load(self.bias.add(vector * S::LANES));
                    }
                }
            } else {
                for (sums, output) in sums.iter_mut().zip(outputs) {
                    for (vector, sum) in sums.iter_mut().enumerate() {
                        *sum = simd.load(output.add(vector * S::LANES));
                    }
                }
            }
            let (mut input, mut panel) = (self.input, self.panel);
            for _ in 0..self.depth {
                let mut columns = [simd.splat(0.0); VECTORS];
                for (vector, column) in columns.iter_mut().enumerate() {
                    *column = simd.load(panel.add(vector * S::LANES));
                }
                for (pixel, sums) in sums.iter_mut().enumerate() {
                    let value = simd.splat(*input.add(pixel * self.input_width));
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = simd.mul_add(value, column, *sum);
                    }
                }
                // Past the end after the last round, and not read there.
                input = input.wrapping_add(1);
                panel = panel.wrapping_add(VECTORS * S::LANES);
            }
            // Three loops rather than one that decides inside: sums leave the registers
            // only here.
            if !self.is_last {
                for (sums, output) in sums.into_iter().zip(outputs) {
                    for (vector, sum) in sums.into_iter().enumerate() {
                        simd.store(sum, output.add(vector * S::LANES));
                    }
                }
            } else if let Some(residual) = self.residual {
                for (pixel, (sums, output)) in sums.into_iter().zip(outputs).enumerate() {
                    for (vector, sum) in sums.into_iter().enumerate() {
                        let at = residual.add(pixel * self.width + vector * S::LANES);
                        let value = self.activation.apply(simd, simd.add(sum, simd.load(at)));
                        simd.store(value, output.add(vector * S::LANES));
                    }
                }
            } else {
                for (sums, output) in sums.into_iter().zip(outputs) {
                    for (vector, sum) in sums.into_iter().enumerate() {
                        let value = self.activation.apply(simd, sum);
                        simd.store(value, output.add(vector * S::LANES));
                    }
                }
            }
        }
    }
}

impl Activation {
    /// Of the values of one vector.
    #[inline(always)]
    pub(super) fn apply<S: Simd>(self, simd: S, value: S::Vector) -> S::Vector {
        let above = simd.max(value, simd.mul(value, simd.splat(self.slope)));
        simd.min(above, simd.splat(self.ceiling))
    }
}
