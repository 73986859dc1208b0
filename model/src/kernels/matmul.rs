//! The one matrix product: every convolution comes down to it.

use super::simd::{Level, Simd, Task};

/// C = A · B, or C += A · B.
///
/// # Shapes
/// - A: (m, runs · k), element (i, l) of a run at `i · a_strides[0] + l · a_strides[1]` from its start
/// - B: (runs · k, n), row by row
/// - C: (m, n), row by row
///
/// n is a multiple of [`super::map::CHANNEL_MULTIPLE`].
pub(super) struct Matmul<'a> {
    pub shape: [usize; 3],
    pub a: &'a [f32],
    pub a_strides: [usize; 2],
    pub runs: Runs,
    pub b: &'a [f32],
    pub c: &'a mut [f32],
    pub accumulate: bool,
}

/// Parts of A side by side, each of which lies `stride` after the one before it: windows of a map
/// need not be copied out of its rows. At least one.
#[derive(Clone, Copy)]
pub(super) struct Runs {
    pub count: usize,
    pub stride: usize,
}

impl Runs {
    pub const ONE: Self = Self { count: 1, stride: 0 };
}

impl Matmul<'_> {
    pub fn run_on(self, level: Level) {
        level.run(self);
    }
}

impl Task for Matmul<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { shape: [m, k, n], a, a_strides, runs, b, c, accumulate } = self;
        let [row_stride, column_stride] = a_strides;
        if m == 0 || k == 0 || runs.count == 0 {
            return;
        }
        // What the pointers below reach lies within these bounds.
        let last_run = (runs.count - 1) * runs.stride;
        assert!((m - 1) * row_stride + (k - 1) * column_stride + last_run < a.len());
        assert!(runs.count * k * n <= b.len() && m * n <= c.len() && n % S::LANES == 0);
        let mut column = 0;
        while column < n {
            let vectors = if n - column >= 2 * S::LANES { 2 } else { 1 };
            let mut row = 0;
            while row < m {
                // SAFETY: `row < m` and `column < n`, so all three stay within their slices.
                let (a, b, c) = unsafe {
                    (
                        a.as_ptr().add(row * row_stride),
                        b.as_ptr().add(column),
                        c.as_mut_ptr().add(row * n + column),
                    )
                };
                let tile = Tile {
                    a,
                    row_stride,
                    column_stride,
                    runs,
                    b,
                    c,
                    width: n,
                    depth: k,
                    accumulate,
                };
                let rows = tile_rows::<S>(m, m - row);
                // SAFETY: `rows <= m - row` rows and `vectors · LANES <= n - column` columns
                // of C are there, k columns of A, k rows of B; checked above.
                unsafe {
                    if vectors == 2 {
                        tile.any_rows::<S, 2>(simd, rows);
                    } else {
                        tile.any_rows::<S, 1>(simd, rows);
                    }
                }
                row += rows;
            }
            column += vectors * S::LANES;
        }
    }
}

/// Rows of the next tile when `left` of `m` remain.
#[inline(always)]
fn tile_rows<S: Simd>(m: usize, left: usize) -> usize {
    // What the gradient of a first block's filters asks for: three windows of one or three channels.
    if S::TILE_ROWS > 8 && (m == 9 || m == 3) {
        return m;
    }
    // Eight rows keep the arithmetic units nearly as busy as twelve, without a remainder.
    let largest = if S::TILE_ROWS > 8 && m.is_multiple_of(8) && !m.is_multiple_of(S::TILE_ROWS) {
        8
    } else {
        S::TILE_ROWS
    };
    [12, 8, 6, 4, 2, 1].into_iter().find(|&rows| rows <= largest && rows <= left).unwrap_or(1)
}

/// A block of C that stays in registers while k advances.
struct Tile {
    a: *const f32,
    row_stride: usize,
    column_stride: usize,
    runs: Runs,
    b: *const f32,
    c: *mut f32,
    /// Of a row of B and C.
    width: usize,
    /// Of a run.
    depth: usize,
    accumulate: bool,
}

impl Tile {
    /// # Safety
    /// As [`Self::compute`].
    #[inline(always)]
    unsafe fn any_rows<S: Simd, const VECTORS: usize>(&self, simd: S, rows: usize) {
        // SAFETY: passed on to the caller.
        unsafe {
            match rows {
                // Those that an instruction set never asks for are not compiled for it.
                12 if S::TILE_ROWS >= 12 => self.compute::<S, 12, VECTORS>(simd),
                9 if S::TILE_ROWS > 8 => self.compute::<S, 9, VECTORS>(simd),
                8 if S::TILE_ROWS >= 8 => self.compute::<S, 8, VECTORS>(simd),
                6 if S::TILE_ROWS >= 6 => self.compute::<S, 6, VECTORS>(simd),
                3 if S::TILE_ROWS > 8 => self.compute::<S, 3, VECTORS>(simd),
                4 => self.compute::<S, 4, VECTORS>(simd),
                2 => self.compute::<S, 2, VECTORS>(simd),
                _ => self.compute::<S, 1, VECTORS>(simd),
            }
        }
    }

    /// # Safety
    /// The pointers must reach `ROWS` rows of A and C, all runs of `depth` columns of A and
    /// as many rows of B, and `VECTORS · LANES` columns of B and C.
    #[inline(always)]
    unsafe fn compute<S: Simd, const ROWS: usize, const VECTORS: usize>(&self, simd: S) {
        let mut sums = [[simd.splat(0.0); VECTORS]; ROWS];
        // SAFETY: the caller's promise; each access below is within it.
        unsafe {
            if self.accumulate {
                for (row, sums) in sums.iter_mut().enumerate() {
                    for (vector, sum) in sums.iter_mut().enumerate() {
                        *sum = simd.load(self.c.add(row * self.width + vector * S::LANES));
                    }
                }
            }
            let mut b = self.b;
            for run in 0..self.runs.count {
                let mut a = self.a.wrapping_add(run * self.runs.stride);
                for _ in 0..self.depth {
                    let mut columns = [simd.splat(0.0); VECTORS];
                    for (vector, column) in columns.iter_mut().enumerate() {
                        *column = simd.load(b.add(vector * S::LANES));
                    }
                    for (row, sums) in sums.iter_mut().enumerate() {
                        let value = simd.splat(*a.add(row * self.row_stride));
                        for (sum, column) in sums.iter_mut().zip(columns) {
                            *sum = simd.mul_add(value, column, *sum);
                        }
                    }
                    // Past the end after the last round, and not read there.
                    a = a.wrapping_add(self.column_stride);
                    b = b.wrapping_add(self.width);
                }
            }
            for (row, sums) in sums.into_iter().enumerate() {
                for (vector, sum) in sums.into_iter().enumerate() {
                    simd.store(sum, self.c.add(row * self.width + vector * S::LANES));
                }
            }
        }
    }
}
