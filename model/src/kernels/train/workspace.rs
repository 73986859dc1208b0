//! All maps of one training step.

use super::super::{
    map::{Geometry, Map, padded},
    normalise::Affine,
};

/// What a workspace is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Sizes {
    pub batch: usize,
    pub side: usize,
    pub input_channels: usize,
    pub channels: usize,
    pub blocks: usize,
}

impl Sizes {
    /// Side of a block's input.
    pub fn side_of(&self, block: usize) -> usize {
        self.side >> block
    }
}

/// Maps that the forward pass leaves for the backward pass. Borders are zero
/// from the start and never written.
#[derive(Debug)]
pub(in super::super) struct Workspace {
    pub sizes: Sizes,
    pub(super) blocks: Vec<BlockSpace>,
    /// The last block's pooled map, dense.
    pub(super) output: Map,
}

#[derive(Debug)]
pub(super) struct BlockSpace {
    /// The block's input.
    pub input: Map,
    /// The convolution's outputs; after the backward pass, their gradient. `None` in the first
    /// block, see [`super::super::first`].
    pub convolved: Option<Map>,
    /// The outputs that pooling selected, dense.
    pub selected: Map,
    /// Gradient of the pooled map, dense.
    pub gradient: Map,
    pub affine: Affine,
}

impl Workspace {
    pub fn new(sizes: Sizes) -> Self {
        let width = padded(sizes.channels);
        let batch = sizes.batch;
        let dense = |side| Map::zeros(Geometry::dense(side, width), batch);
        let blocks = (0..sizes.blocks).map(|block| {
            let side = sizes.side_of(block);
            let input = if block == 0 { sizes.input_channels } else { width };
            BlockSpace {
                input: Map::zeros(Geometry::bordered(side, input), batch),
                convolved: (block > 0).then(|| Map::zeros(Geometry::bordered(side, width), batch)),
                selected: dense(side / 2),
                gradient: dense(side / 2),
                affine: Affine::default(),
            }
        });
        Self { sizes, blocks: blocks.collect(), output: dense(sizes.side_of(sizes.blocks)) }
    }
}
