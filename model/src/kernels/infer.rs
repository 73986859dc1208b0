//! Inference: BatchNorm folded into the filters; bias, ReLU and pooling applied
//! to a tile's outputs while they are in registers.

use super::{
    convolve::{Filters, Sink, convolve},
    first,
    layout::FilterShape,
    map::{Geometry, TILE, padded},
    parallel,
    plan::Convolution,
    scratch,
    simd::{Level, Simd, Task},
    winograd::Place,
};
use crate::{Result, backbone::conv4::Block};

/// Most images that pass through all blocks together, so that their maps stay in the cache.
const GROUP: usize = 4;

/// Conv-4 whose BatchNorm is part of its filters.
#[derive(Debug)]
pub(crate) struct FoldedConv4 {
    level: Level,
    input_channels: usize,
    channels: usize,
    /// Weight of the last but one block's output in the feature.
    penultimate: f32,
    /// (3, 3, I, O) of the first block.
    first: Vec<f32>,
    rest: Vec<Filters>,
    /// (O) of each block.
    biases: Vec<Vec<f32>>,
}

impl FoldedConv4 {
    pub fn new(blocks: &[Block], penultimate: f32, level: Level) -> Result<Self> {
        let (channels, input_channels, _, _) = blocks[0].weight.dims4()?;
        let mut folded = Self {
            level,
            input_channels,
            channels,
            penultimate,
            first: Vec::new(),
            rest: Vec::new(),
            biases: Vec::new(),
        };
        for (index, block) in blocks.iter().enumerate() {
            let Convolution { weight, mut bias, .. } = block.fold()?;
            bias.resize(padded(channels), 0.0);
            let first = index == 0;
            let shape = FilterShape {
                output: channels,
                input: if first { input_channels } else { channels },
                padded_input: if first { input_channels } else { padded(channels) },
            };
            let packed = shape.pack(&weight);
            if first {
                folded.first = packed;
            } else {
                folded.rest.push(Filters::new(&packed, padded(channels)));
            }
            folded.biases.push(bias);
        }
        Ok(folded)
    }

    /// # Shapes
    /// - pixels: (B, C, S, S)
    /// - output: (B, D)
    pub fn forward(&self, pixels: &[f32], side: usize) -> Vec<f32> {
        let image_len = self.input_channels * side * side;
        let batch = pixels.len() / image_len;
        let group = batch.div_ceil(16).clamp(1, GROUP);
        let features = parallel::map(pixels.chunks(group * image_len), |pixels| {
            self.encode_group(pixels, side, pixels.len() / image_len)
        });
        features.concat()
    }

    fn encode_group(&self, pixels: &[f32], side: usize, count: usize) -> Vec<f32> {
        let width = padded(self.channels);
        let last = self.biases.len() - 1;
        let geometry = |block: usize| {
            let side = side >> (block + 1);
            if block == last {
                Geometry::dense(side, width)
            } else {
                Geometry::bordered(side, width)
            }
        };
        let largest = count * geometry(0).image_len().max(geometry(last).image_len());
        scratch::with([largest, largest], |[mut from, mut to]| {
            self.first_block(
                pixels,
                side,
                geometry(0),
                &mut from[..count * geometry(0).image_len()],
            );
            for (index, filters) in self.rest.iter().enumerate() {
                let (input, output) = (geometry(index), geometry(index + 1));
                let images = &mut to[..count * output.image_len()];
                clear_borders(images, output);
                let bias = &self.biases[index + 1];
                let mut sink = PoolInto { images, geometry: output, bias };
                convolve(self.level, &from[..count * input.image_len()], input, filters, &mut sink);
                std::mem::swap(&mut from, &mut to);
            }
            let mut features = Vec::new();
            for image in 0..count {
                self.last(image, from, geometry(last), &mut features);
                if self.penultimate > 0.0 {
                    self.joined(image, to, geometry(last - 1), &mut features);
                }
            }
            features
        })
    }

    /// The first block on pixels as candle has them.
    fn first_block(&self, pixels: &[f32], side: usize, output: Geometry, images: &mut [f32]) {
        let (channels, width) = (self.input_channels, output.channels);
        let input = Geometry::bordered(side, channels);
        clear_borders(images, output);
        scratch::with([input.image_len(), 2 * side * width], |[bordered, rows]| {
            bordered.fill(0.0);
            let outputs = images.chunks_exact_mut(output.image_len());
            for (pixels, image) in pixels.chunks_exact(channels * side * side).zip(outputs) {
                super::layout::image_from_nchw(pixels, channels, input, bordered);
                for row in 0..side / 2 {
                    first::multiply(self.level, bordered, &input, 2 * row, &self.first, rows);
                    let pooled = &mut image[output.at(row, 0)..][..side / 2 * width];
                    self.level.run(PoolRows { rows, side, bias: &self.biases[0], pooled });
                }
            }
        });
    }

    /// The last block's map of an image, channels first.
    fn last(&self, image: usize, maps: &[f32], geometry: Geometry, features: &mut Vec<f32>) {
        let map = &maps[image * geometry.image_len()..][..geometry.image_len()];
        for channel in 0..self.channels {
            features.extend(map[channel..].iter().step_by(geometry.channels));
        }
    }

    /// The means of windows of 2 x 2 of the map before it, channels first.
    fn joined(&self, image: usize, maps: &[f32], geometry: Geometry, features: &mut Vec<f32>) {
        let map = &maps[image * geometry.image_len()..][..geometry.image_len()];
        let (side, next) = (geometry.side / 2, geometry.channels);
        let below = geometry.pitch * next;
        for channel in 0..self.channels {
            for row in 0..side {
                for column in 0..side {
                    let window = &map[geometry.at(2 * row, 2 * column) + channel..];
                    let sum = window[0] + window[next] + window[below] + window[below + next];
                    features.push(sum * 0.25 * self.penultimate);
                }
            }
        }
    }
}

/// Zeroes every pixel around the interior; the interior is written anyway.
fn clear_borders(images: &mut [f32], geometry: Geometry) {
    let Geometry { side, pitch, border, channels } = geometry;
    if pitch == side {
        return;
    }
    let (row_len, interior) = (pitch * channels, border..border + side);
    for image in images.chunks_exact_mut(geometry.image_len()) {
        for (row, pixels) in image.chunks_exact_mut(row_len).enumerate() {
            if interior.contains(&row) {
                pixels[..border * channels].fill(0.0);
                pixels[(border + side) * channels..].fill(0.0);
            } else {
                pixels.fill(0.0);
            }
        }
    }
}

/// Pools a tile's outputs, adds the bias, rectifies, stores.
struct PoolInto<'a> {
    images: &'a mut [f32],
    geometry: Geometry,
    bias: &'a [f32],
}

impl Sink for PoolInto<'_> {
    #[inline(always)]
    fn take<S: Simd>(
        &mut self,
        simd: S,
        place: Place,
        channel: usize,
        outputs: [[S::Vector; TILE]; TILE],
    ) {
        let Geometry { side, .. } = self.geometry;
        let zero = simd.splat(0.0);
        assert!(channel + S::LANES <= self.bias.len());
        // SAFETY: asserted above.
        let bias = unsafe { simd.load(self.bias.as_ptr().add(channel)) };
        for i in 0..2 {
            for j in 0..2 {
                let (row, column) = (place.row / 2 + i, place.column / 2 + j);
                if row >= side || column >= side {
                    continue;
                }
                let upper = simd.max(outputs[2 * i][2 * j], outputs[2 * i][2 * j + 1]);
                let lower = simd.max(outputs[2 * i + 1][2 * j], outputs[2 * i + 1][2 * j + 1]);
                let value = simd.max(simd.add(simd.max(upper, lower), bias), zero);
                let image = place.image * self.geometry.image_len();
                let at = image + self.geometry.at(row, column) + channel;
                let target = &mut self.images[at..at + S::LANES];
                // SAFETY: the slice holds `LANES` values.
                unsafe { simd.store(value, target.as_mut_ptr()) };
            }
        }
    }
}

/// Pools two dense rows into one, adds the bias, rectifies.
struct PoolRows<'a> {
    rows: &'a [f32],
    side: usize,
    bias: &'a [f32],
    pooled: &'a mut [f32],
}

impl Task for PoolRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { rows, side, bias, pooled } = self;
        let channels = bias.len();
        let row_len = side * channels;
        assert!(rows.len() >= 2 * row_len && pooled.len() == side / 2 * channels);
        let zero = simd.splat(0.0);
        for (column, pooled) in pooled.chunks_exact_mut(channels).enumerate() {
            let mut channel = 0;
            while channel < channels {
                // SAFETY: columns and channels are within the lengths asserted above.
                unsafe {
                    let corner = rows.as_ptr().add(2 * column * channels + channel);
                    let upper = simd.max(simd.load(corner), simd.load(corner.add(channels)));
                    let corner = corner.add(row_len);
                    let lower = simd.max(simd.load(corner), simd.load(corner.add(channels)));
                    let bias = simd.load(bias.as_ptr().add(channel));
                    let value = simd.max(simd.add(simd.max(upper, lower), bias), zero);
                    simd.store(value, pooled.as_mut_ptr().add(channel));
                }
                channel += S::LANES;
            }
        }
    }
}
