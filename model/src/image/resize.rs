//! Antialiased bilinear resizing, bit for bit as Pillow's `Image.resize`.
//!
//! Two passes, columns then rows, each a weighted sum with a triangle filter
//! whose support grows with the scale when shrinking. Weights are computed in
//! `f64` with the four basic operations only, which every host rounds alike,
//! then fixed at 22 bits; the sums are exact integers. Only the window that the
//! crop keeps is computed, which is why a photograph of 12 megapixels takes
//! milliseconds.

use super::Pixels;
use super::colour::PlanarRow;
use std::ops::Range;

/// Bits after the binary point of a weight: 8 bits of value, 2 of headroom and
/// these make an `i32` (Pillow's `PRECISION_BITS`).
const WEIGHT_BITS: u32 = 32 - 8 - 2;

/// One axis of a resize: which stretch of the source becomes how many pixels,
/// and which of those are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    source_len: usize,
    start: f64,
    length: f64,
    output_len: usize,
    window: Range<usize>,
}

impl Axis {
    /// The whole of `source_len` pixels becomes `output_len`.
    #[must_use]
    pub fn whole(source_len: usize, output_len: usize) -> Self {
        Self::stretch(source_len, 0.0, source_len as f64, output_len)
    }

    /// `length` pixels from `start` become `output_len`: a crop and a resize in
    /// one, as Pillow's `box`.
    ///
    /// # Panics
    /// Where the stretch does not lie inside the source, or is empty.
    #[must_use]
    pub fn stretch(source_len: usize, start: f64, length: f64, output_len: usize) -> Self {
        assert!(
            start >= 0.0 && length > 0.0 && start + length <= source_len as f64 && output_len > 0,
            "{length} pixels from {start} of {source_len} to {output_len}"
        );
        Self { source_len, start, length, output_len, window: 0..output_len }
    }

    /// Keeps `count` output pixels from `first`.
    ///
    /// # Panics
    /// Where the window does not lie inside the output.
    #[must_use]
    pub fn window(self, first: usize, count: usize) -> Self {
        assert!(
            count > 0 && first + count <= self.output_len,
            "{count} pixels from {first} of {}",
            self.output_len
        );
        Self { window: first..first + count, ..self }
    }

    fn taps(&self) -> Vec<Taps> {
        let scale = self.length / self.output_len as f64;
        let support = scale.max(1.0);
        let inverse = 1.0 / support;
        let limit = self.source_len as f64;
        let tap = |index: usize| {
            let middle = self.start + (index as f64 + 0.5) * scale;
            let first = (middle - support + 0.5).max(0.0) as usize;
            let end = (middle + support + 0.5).min(limit) as usize;
            let weight = |x: usize| {
                let distance = ((x as f64) - middle + 0.5) * inverse;
                (1.0 - distance.abs()).max(0.0)
            };
            let weights: Vec<f64> = (first..end).map(weight).collect();
            let sum: f64 = weights.iter().sum();
            let one = f64::from(1u32 << WEIGHT_BITS);
            Taps {
                first,
                // The cast cuts off, so that adding a half rounds.
                weights: weights.iter().map(|weight| (0.5 + weight / sum * one) as i32).collect(),
            }
        };
        self.window.clone().map(tap).collect()
    }
}

/// The source pixels of one output pixel, with their weights.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

impl Taps {
    fn range(&self) -> Range<usize> {
        self.first..self.first + self.weights.len()
    }
}

/// The stretch of the source that any of `taps` reads.
fn reach(taps: &[Taps]) -> Range<usize> {
    let first = taps.iter().map(|taps| taps.first).min().unwrap_or(0);
    let end = taps.iter().map(|taps| taps.range().end).max().unwrap_or(0);
    first..end
}

/// Resizes the wanted window of a picture, as grey or colour.
///
/// # Shapes
/// Returns `(rows, columns, channels)` of the two windows, `u8`.
///
/// # Panics
/// Where an axis was made for another picture, or `channels` is not 1 or 3.
#[must_use]
pub fn resample(pixels: &Pixels<'_>, channels: usize, columns: &Axis, rows: &Axis) -> Vec<u8> {
    assert_eq!(columns.source_len, pixels.width(), "axis of columns");
    assert_eq!(rows.source_len, pixels.height(), "axis of rows");
    assert!(channels == 1 || channels == 3, "{channels} channels");
    let (columns, rows) = (columns.taps(), rows.taps());
    let source_rows = reach(&rows);
    let narrow = narrow_rows(pixels, channels, &columns, source_rows.clone());
    let stride = columns.len() * channels;
    let mut out = Vec::with_capacity(rows.len() * stride);
    let mut sums = vec![0; stride];
    for taps in &rows {
        sums.fill(HALF);
        let lines = narrow[(taps.first - source_rows.start) * stride..].chunks_exact(stride);
        for (line, weight) in lines.zip(&taps.weights) {
            for (sum, &value) in sums.iter_mut().zip(line) {
                *sum += i32::from(value) * weight;
            }
        }
        out.extend(sums.iter().map(|&sum| round(sum)));
    }
    out
}

/// Half a level, added before the shift so that it rounds.
const HALF: i32 = 1 << (WEIGHT_BITS - 1);

fn round(sum: i32) -> u8 {
    (sum >> WEIGHT_BITS).clamp(0, 255) as u8
}

/// The first pass: rows `source_rows` at their final width, interleaved.
fn narrow_rows(
    pixels: &Pixels<'_>,
    channels: usize,
    columns: &[Taps],
    source_rows: Range<usize>,
) -> Vec<u8> {
    let stride = columns.len() * channels;
    let read = reach(columns);
    let mut row = PlanarRow::new(pixels.width(), channels);
    let mut out = vec![0; source_rows.len() * stride];
    for (y, target) in source_rows.zip(out.chunks_exact_mut(stride)) {
        row.load(pixels, y, read.clone());
        for (channel, plane) in row.planes().enumerate() {
            for (taps, target) in columns.iter().zip(target[channel..].iter_mut().step_by(channels))
            {
                let products = plane[taps.range()].iter().zip(&taps.weights);
                let sum: i32 = products.map(|(value, weight)| value * weight).sum();
                *target = round(sum + HALF);
            }
        }
    }
    out
}
