//! Between candle's order (NCHW, filters (O, I, 3, 3)) and the kernels'.

use super::map::{Geometry, Map, padded};

/// (B, C, S, S) into the interiors of a map.
pub(super) fn from_nchw(pixels: &[f32], channels: usize, map: &mut Map) {
    let geometry = map.geometry;
    let images = map.data.chunks_exact_mut(geometry.image_len());
    for (image, pixels) in images.zip(pixels.chunks_exact(channels * geometry.side.pow(2))) {
        image_from_nchw(pixels, channels, geometry, image);
    }
}

/// (C, S, S) into the interior of one image, whose channels are at least C.
pub(super) fn image_from_nchw(
    pixels: &[f32],
    channels: usize,
    geometry: Geometry,
    image: &mut [f32],
) {
    let side = geometry.side;
    debug_assert_eq!(pixels.len(), channels * side * side);
    for (channel, plane) in pixels.chunks_exact(side * side).enumerate() {
        for (row, values) in plane.chunks_exact(side).enumerate() {
            let start = geometry.at(row, 0) + channel;
            let targets = image[start..].iter_mut().step_by(geometry.channels);
            targets.zip(values).for_each(|(target, value)| *target = *value);
        }
    }
}

/// The first `channels` channels of a map's interiors, (B, C, S, S).
pub(super) fn to_nchw(map: &Map, batch: usize, channels: usize) -> Vec<f32> {
    let geometry = map.geometry;
    let side = geometry.side;
    let mut pixels = Vec::with_capacity(batch * channels * side * side);
    for image in map.images().take(batch) {
        for channel in 0..channels {
            for row in 0..side {
                let values = image[geometry.at(row, 0) + channel..].iter();
                pixels.extend(values.step_by(geometry.channels).take(side));
            }
        }
    }
    pixels
}

/// The shape of one block's filters in both orders.
#[derive(Clone, Copy, Debug)]
pub(super) struct FilterShape {
    pub output: usize,
    pub input: usize,
    /// Input channels of the kernels' order.
    pub padded_input: usize,
}

impl FilterShape {
    /// (O, I, 3, 3) to (3, 3, I, O), output channels filled up.
    pub fn pack(self, weight: &[f32]) -> Vec<f32> {
        let mut packed = vec![0.0; self.packed_len()];
        self.each(|from, to| packed[to] = weight[from]);
        packed
    }

    /// The reverse of [`Self::pack`].
    pub fn unpack(self, packed: &[f32]) -> Vec<f32> {
        let mut weight = vec![0.0; self.output * self.input * 9];
        self.each(|from, to| weight[from] = packed[to]);
        weight
    }

    /// The filters of the convolution backward to the input: rotated by half a
    /// turn, input and output exchanged.
    pub fn pack_backward(self, weight: &[f32]) -> Vec<f32> {
        debug_assert_eq!(self.padded_input, padded(self.output));
        let width = self.padded_input;
        let mut packed = vec![0.0; self.packed_len()];
        self.each(|from, to| {
            let (position, input, output) = (to / (width * width), to / width % width, to % width);
            packed[((8 - position) * width + output) * width + input] = weight[from];
        });
        packed
    }

    fn packed_len(self) -> usize {
        9 * self.padded_input * padded(self.output)
    }

    /// Index in (O, I, 3, 3) and in (3, 3, I, O), for every position.
    fn each(self, mut pair: impl FnMut(usize, usize)) {
        let width = padded(self.output);
        for output in 0..self.output {
            for input in 0..self.input {
                for position in 0..9 {
                    let to = (position * self.padded_input + input) * width + output;
                    pair((output * self.input + input) * 9 + position, to);
                }
            }
        }
    }
}
