//! The 3x3 convolutions of every block but the first, on a group of images:
//! forward, backward to the input, backward to the filters.

use std::ops::Range;

use super::{
    map::{Geometry, TILE},
    matmul::{Matmul, Runs},
    scratch,
    select::select,
    simd::{Level, Simd, Task},
    winograd::{Gradients, Inputs, POSITIONS, Place, filters, outputs},
};

/// Tiles that go through the transforms and products at a time: their
/// transformed values stay in the second-level cache.
const CHUNK: usize = 24;
/// Between positions, so that all 36 do not fall into the same sets of the cache.
const SPREAD: usize = 16;

/// Filters ready for the product: (36, input channels, output channels).
#[derive(Debug)]
pub(super) struct Filters {
    transformed: Vec<f32>,
    channels: usize,
}

impl Filters {
    /// # Shapes
    /// - weight: (3, 3, C, C), input channels before output channels
    pub fn new(weight: &[f32], channels: usize) -> Self {
        debug_assert_eq!(weight.len(), 9 * channels * channels);
        Self { transformed: filters(weight), channels }
    }
}

/// Images that are convolved together: enough tiles for the product to be
/// efficient, few enough that a batch makes work for every core.
pub(super) fn images_in_group(geometry: &Geometry, batch: usize) -> usize {
    let tiles = geometry.tiles() * geometry.tiles();
    (2 * CHUNK).div_ceil(tiles).min(batch.div_ceil(8)).max(1)
}

/// Cuts tiles evenly, so that no chunk is a small rest.
fn chunks(total: usize) -> impl Iterator<Item = Range<usize>> {
    let count = ((total + CHUNK / 2) / CHUNK).max(1);
    (0..count).map(move |i| total * i / count..total * (i + 1) / count)
}

/// What becomes of a convolution's outputs.
pub(super) trait Sink {
    /// Takes the 4x4 outputs of one tile, `LANES` channels from `channel`.
    fn take<S: Simd>(
        &mut self,
        simd: S,
        place: Place,
        channel: usize,
        outputs: [[S::Vector; TILE]; TILE],
    );
}

/// Convolves a group of bordered images and hands each tile to `sink`.
pub(super) fn convolve(
    level: Level,
    images: &[f32],
    geometry: Geometry,
    filters: &Filters,
    sink: &mut impl Sink,
) {
    let channels = filters.channels;
    debug_assert_eq!(geometry.channels, channels);
    let total = images.len() / geometry.image_len() * geometry.tiles() * geometry.tiles();
    let spacing = (CHUNK + CHUNK / 2) * channels + SPREAD;
    scratch::with([POSITIONS * spacing, POSITIONS * spacing], |[windows, products]| {
        for tiles in chunks(total) {
            let count = tiles.len();
            let out = &mut *windows;
            level.run(Inputs { images, geometry, tiles: tiles.clone(), out, spacing });
            for position in 0..POSITIONS {
                Matmul {
                    shape: [count, channels, channels],
                    a: &windows[position * spacing..],
                    a_strides: [channels, 1],
                    runs: Runs::ONE,
                    b: &filters.transformed[position * channels * channels..],
                    c: &mut products[position * spacing..],
                    accumulate: false,
                }
                .run_on(level);
            }
            let per_row = geometry.tiles();
            level.run(Outputs { products, spacing, channels, tiles, per_row, sink });
        }
    });
}

struct Outputs<'a, K> {
    products: &'a [f32],
    spacing: usize,
    channels: usize,
    tiles: Range<usize>,
    per_row: usize,
    sink: &'a mut K,
}

impl<K: Sink> Task for Outputs<'_, K> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { products, spacing, channels, tiles, per_row, sink } = self;
        assert!((POSITIONS - 1) * spacing + tiles.len() * channels <= products.len());
        for (slot, tile) in tiles.enumerate() {
            let place = Place::of(tile, per_row);
            let mut channel = 0;
            while channel < channels {
                // SAFETY: `slot` and `channel` are within the last position; asserted above.
                let outputs = unsafe {
                    outputs(simd, products.as_ptr().add(slot * channels + channel), spacing)
                };
                sink.take(simd, place, channel, outputs);
                channel += S::LANES;
            }
        }
    }
}

/// Adds the filters' gradient, in the transformed domain, to `sum`: (36, C, C).
///
/// Both maps are a group's: the convolution's input and its output's gradient,
/// with borders of zeros.
pub(super) fn filter_gradient(
    level: Level,
    images: &[f32],
    gradients: &[f32],
    geometry: Geometry,
    sum: &mut [f32],
) {
    let channels = geometry.channels;
    let total = images.len() / geometry.image_len() * geometry.tiles() * geometry.tiles();
    let spacing = (CHUNK + CHUNK / 2) * channels + SPREAD;
    scratch::with([POSITIONS * spacing, POSITIONS * spacing], |[windows, spreads]| {
        for tiles in chunks(total) {
            let count = tiles.len();
            let out = &mut *windows;
            level.run(Inputs { images, geometry, tiles: tiles.clone(), out, spacing });
            let out = &mut *spreads;
            level.run(Gradients(Inputs { images: gradients, geometry, tiles, out, spacing }));
            for position in 0..POSITIONS {
                Matmul {
                    shape: [channels, count, channels],
                    a: &windows[position * spacing..],
                    a_strides: [1, channels],
                    runs: Runs::ONE,
                    b: &spreads[position * spacing..],
                    c: &mut sum[position * channels * channels..][..channels * channels],
                    accumulate: true,
                }
                .run_on(level);
            }
        }
    });
}

/// The part of a tile's outputs that is within a map.
pub(super) struct Within {
    pub rows: usize,
    pub columns: usize,
    start: usize,
    pixel: usize,
    row: usize,
}

impl Within {
    #[inline(always)]
    pub fn of(geometry: &Geometry, place: Place, channel: usize) -> Self {
        let Geometry { side, pitch, channels, .. } = *geometry;
        let start = place.image * geometry.image_len() + geometry.at(place.row, place.column);
        Self {
            rows: (side - place.row).min(TILE),
            columns: (side - place.column).min(TILE),
            start: start + channel,
            pixel: channels,
            row: pitch * channels,
        }
    }

    /// Where the channel of an output lies in the group's maps.
    #[inline(always)]
    pub fn at(&self, row: usize, column: usize) -> usize {
        self.start + row * self.row + column * self.pixel
    }

    /// Where the last one lies.
    #[inline(always)]
    pub fn last(&self) -> usize {
        self.at(self.rows - 1, self.columns - 1)
    }
}

/// Writes outputs into a map, and what training wants of them besides.
pub(super) struct Store<'a> {
    pub images: &'a mut [f32],
    pub geometry: Geometry,
    /// Sums and sums of squares of each channel, (2, C).
    pub moments: &'a mut [f32],
    /// As [`super::select::signs`] gives them, (C).
    pub signs: &'a [f32],
    /// What pooling selects, dense, of as many images.
    pub selected: &'a mut [f32],
}

impl Sink for Store<'_> {
    #[inline(always)]
    fn take<S: Simd>(
        &mut self,
        simd: S,
        place: Place,
        channel: usize,
        outputs: [[S::Vector; TILE]; TILE],
    ) {
        let Self { images, geometry, moments, signs, selected } = self;
        let Geometry { side, channels, .. } = *geometry;
        let within = Within::of(geometry, place, channel);
        let Within { rows, columns, .. } = within;
        assert!(within.last() + S::LANES <= images.len());
        let (mut sum, mut squares) = (simd.splat(0.0), simd.splat(0.0));
        for (i, row) in outputs.iter().enumerate().take(rows) {
            for (j, value) in row.iter().copied().enumerate().take(columns) {
                // SAFETY: at most the last, which is asserted above.
                unsafe { simd.store(value, images.as_mut_ptr().add(within.at(i, j))) };
                sum = simd.add(sum, value);
                squares = simd.mul_add(value, value, squares);
            }
        }
        add_to(simd, &mut moments[channel..], sum);
        add_to(simd, &mut moments[channels + channel..], squares);
        let pooled = side / 2;
        assert!(signs.len() == channels && channel + S::LANES <= channels);
        // SAFETY: the signs have all channels; asserted above.
        let sign = unsafe { simd.load(signs.as_ptr().add(channel)) };
        for (i, j) in [(0, 0), (0, 2), (2, 0), (2, 2)] {
            if i + 1 < rows && j + 1 < columns {
                let (upper, lower) = (&outputs[i], &outputs[i + 1]);
                let window = [upper[j], upper[j + 1], lower[j], lower[j + 1]];
                let (row, column) = ((place.row + i) / 2, (place.column + j) / 2);
                let at = ((place.image * pooled + row) * pooled + column) * channels + channel;
                let to = &mut selected[at..at + S::LANES];
                // SAFETY: `LANES` values are there.
                unsafe { simd.store(select(simd, sign, window), to.as_mut_ptr()) };
            }
        }
    }
}

/// Adds a vector to the first `LANES` values.
#[inline(always)]
pub(super) fn add_to<S: Simd>(simd: S, values: &mut [f32], vector: S::Vector) {
    assert!(values.len() >= S::LANES);
    let at = values.as_mut_ptr();
    // SAFETY: `LANES` values are there; asserted above.
    unsafe { simd.store(simd.add(simd.load(at), vector), at) };
}
