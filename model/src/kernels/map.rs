//! Feature maps in the order the kernels want: NHWC, with a border of zeros.

/// Channels are filled up with zeros to a multiple of the widest vector.
pub(super) const CHANNEL_MULTIPLE: usize = 16;

/// Side of the outputs of a Winograd tile.
pub(super) const TILE: usize = 4;

/// `channels` filled up.
pub(super) fn padded(channels: usize) -> usize {
    channels.next_multiple_of(CHANNEL_MULTIPLE)
}

/// Where the pixels of square maps lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Pixels that carry values, in a row and in a column.
    pub side: usize,
    /// Pixels in a row with its border: every 6x6 window of a tile is inside.
    pub pitch: usize,
    /// Pixels of border before the first row and column.
    pub border: usize,
    /// Values of a pixel.
    pub channels: usize,
}

impl Geometry {
    /// With a border of one pixel, and filled up to whole tiles.
    pub fn bordered(side: usize, channels: usize) -> Self {
        Self { side, pitch: side.next_multiple_of(TILE) + 2, border: 1, channels }
    }

    /// Without a border.
    pub fn dense(side: usize, channels: usize) -> Self {
        Self { side, pitch: side, border: 0, channels }
    }

    /// Values of one image.
    pub fn image_len(&self) -> usize {
        self.pitch * self.pitch * self.channels
    }

    /// Where pixel (row, column) begins in its image.
    pub fn at(&self, row: usize, column: usize) -> usize {
        ((row + self.border) * self.pitch + column + self.border) * self.channels
    }

    /// Tiles in a row.
    pub fn tiles(&self) -> usize {
        self.side.div_ceil(TILE)
    }
}

/// A batch of maps.
#[derive(Debug)]
pub(super) struct Map {
    pub geometry: Geometry,
    pub data: Vec<f32>,
}

impl Map {
    pub fn zeros(geometry: Geometry, batch: usize) -> Self {
        Self { geometry, data: vec![0.0; batch * geometry.image_len()] }
    }

    /// The images, one by one.
    pub fn images(&self) -> std::slice::ChunksExact<'_, f32> {
        self.data.chunks_exact(self.geometry.image_len())
    }

    /// The images, `count` at a time; the last group may be smaller.
    pub fn groups(&self, count: usize) -> std::slice::Chunks<'_, f32> {
        self.data.chunks(count * self.geometry.image_len())
    }

    /// The images, `count` at a time, to be written.
    pub fn groups_mut(&mut self, count: usize) -> std::slice::ChunksMut<'_, f32> {
        self.data.chunks_mut(count * self.geometry.image_len())
    }
}
