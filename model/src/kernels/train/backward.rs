//! Backward: from the features' gradient to every parameter's, last block first.

use super::{
    super::{
        convolve::{Filters, Sink, Within, add_to, convolve, filter_gradient, images_in_group},
        first,
        layout::from_nchw,
        map::{Geometry, Map, TILE, padded},
        normalise::{Affine, Backward, Mask, Masking, Unpool},
        parallel,
        simd::{Level, Simd},
        winograd::{POSITIONS, Place, filters_transposed},
    },
    BlockGradients, BlockParameters, Workspace, filter_shape, sum,
    workspace::BlockSpace,
};

/// Parts into which a filters' gradient is summed, whatever the number of threads.
const PARTS: usize = 16;

impl Workspace {
    /// Gradients of every block's parameters. Overwrites what the forward pass
    /// left, so it can run once for each forward pass.
    ///
    /// # Shapes
    /// - gradient: (B, D), of the features
    pub fn backward(
        &mut self,
        level: Level,
        gradient: &[f32],
        parameters: &[BlockParameters],
    ) -> Vec<BlockGradients> {
        let sizes = self.sizes;
        if let Some(last) = self.blocks.last_mut() {
            from_nchw(gradient, sizes.channels, &mut last.gradient);
        }
        let mut sums = self.blocks.last_mut().map_or_else(Vec::new, |last| mask(level, last));
        let mut gradients = vec![BlockGradients::default(); sizes.blocks];
        for index in (0..sizes.blocks).rev() {
            let (earlier, block) = self.blocks.split_at_mut(index);
            let block = &mut block[0];
            let shape = filter_shape(&sizes, index);
            let count = (sizes.batch * sizes.side_of(index).pow(2)) as f64;
            let backward = Backward::new(&block.affine, &sums, count);
            let (gradient, earlier_sums) = match earlier.last_mut() {
                None => {
                    let packed = shape.pack(&parameters[index].weight);
                    (first_filters(level, block, &packed, &backward, sizes.batch), Vec::new())
                }
                Some(previous) => {
                    let BlockSpace { input, convolved, selected, gradient, .. } = block;
                    let convolved = convolved.as_mut().expect("a later block's outputs are kept");
                    unpool(level, convolved, gradient, selected, &backward);
                    let packed = shape.pack_backward(&parameters[index].weight);
                    let filters = Filters::new(&packed, padded(sizes.channels));
                    let sums = input_gradient(level, convolved, &filters, previous, sizes.batch);
                    (later_filters(level, input, convolved, sizes.batch), sums)
                }
            };
            let (beta, gamma) = sums.split_at(sums.len() / 2);
            let real = |sums: &[f64]| sums[..sizes.channels].iter().map(|v| *v as f32).collect();
            gradients[index] = BlockGradients {
                weight: shape.unpack(&gradient),
                gamma: real(gamma),
                beta: real(beta),
            };
            sums = earlier_sums;
        }
        gradients
    }
}

/// Masks the pooled gradient; sums for beta and gamma, (2, C).
fn mask(level: Level, block: &mut BlockSpace) -> Vec<f64> {
    let (affine, selected) = (&block.affine, &block.selected);
    let tasks = block.gradient.groups_mut(1).zip(selected.images());
    let sums = parallel::map(tasks, |(gradient, selected)| {
        let mut sums = vec![0.0; 2 * affine.scale.len()];
        level.run(Mask { gradient, selected, affine, sums: &mut sums });
        sums
    });
    sum(&sums)
}

/// The part of a dense pooled image that belongs to a pair of rows.
fn pooled_row(image: &[f32], pair: usize, row_len: usize) -> &[f32] {
    image.get(pair * row_len..(pair + 1) * row_len).unwrap_or_default()
}

/// Turns the convolution's outputs into their gradient, in place.
fn unpool(level: Level, convolved: &mut Map, gradient: &Map, selected: &Map, backward: &Backward) {
    let geometry = convolved.geometry;
    let (side, row_len) = (geometry.side, geometry.pitch * geometry.channels);
    let pooled_len = side / 2 * geometry.channels;
    let pooled = gradient.images().zip(selected.images());
    parallel::each(convolved.groups_mut(1).zip(pooled), |(image, (gradient, selected))| {
        for pair in 0..side.div_ceil(2) {
            level.run(Unpool {
                rows: &mut image[geometry.at(2 * pair, 0)..],
                row_len,
                row_count: (side - 2 * pair).min(2),
                side,
                gradient: pooled_row(gradient, pair, pooled_len),
                selected: pooled_row(selected, pair, pooled_len),
                backward,
            });
        }
    });
}

/// Backward to the block's input, which is the previous block's pooled map, masked as it is
/// written; sums for that block's beta and gamma, (2, C).
fn input_gradient(
    level: Level,
    gradients: &Map,
    filters: &Filters,
    previous: &mut BlockSpace,
    batch: usize,
) -> Vec<f64> {
    let BlockSpace { gradient, selected, affine, .. } = previous;
    let geometry = gradient.geometry;
    let group = images_in_group(&gradients.geometry, batch);
    let below = gradient.groups_mut(group).zip(selected.groups(group));
    let sums = parallel::map(gradients.groups(group).zip(below), |(images, below)| {
        let (gradient, selected) = below;
        let mut sums = vec![0.0; 2 * geometry.channels];
        let mut sink = MaskInto { gradient, selected, geometry, affine, sums: &mut sums };
        convolve(level, images, gradients.geometry, filters, &mut sink);
        sums
    });
    sum(&sums)
}

/// Masks a tile of the pooled map's gradient and adds to the sums, as [`Mask`] does.
struct MaskInto<'a> {
    /// Dense.
    gradient: &'a mut [f32],
    selected: &'a [f32],
    geometry: Geometry,
    affine: &'a Affine,
    sums: &'a mut [f32],
}

impl Sink for MaskInto<'_> {
    #[inline(always)]
    fn take<S: Simd>(
        &mut self,
        simd: S,
        place: Place,
        channel: usize,
        outputs: [[S::Vector; TILE]; TILE],
    ) {
        let Self { gradient, selected, geometry, affine, sums } = self;
        let channels = geometry.channels;
        let within = Within::of(geometry, place, channel);
        let Within { rows, columns, .. } = within;
        assert!(within.last() + S::LANES <= gradient.len() && gradient.len() == selected.len());
        let mask = Masking::load(simd, affine, channel);
        let (mut sum, mut product) = (simd.splat(0.0), simd.splat(0.0));
        for (i, row) in outputs.iter().enumerate().take(rows) {
            for (j, value) in row.iter().copied().enumerate().take(columns) {
                let at = within.at(i, j);
                // SAFETY: at most the last, which is asserted above for both.
                unsafe {
                    let y = simd.load(selected.as_ptr().add(at));
                    let value = mask.apply(simd, y, value);
                    simd.store(value, gradient.as_mut_ptr().add(at));
                    sum = simd.add(sum, value);
                    product = simd.mul_add(value, mask.normalised(simd, y), product);
                }
            }
        }
        add_to(simd, &mut sums[channel..], sum);
        add_to(simd, &mut sums[channels + channel..], product);
    }
}

/// Gradient of a later block's filters, (3, 3, C, C).
fn later_filters(level: Level, input: &Map, gradients: &Map, batch: usize) -> Vec<f32> {
    let geometry = input.geometry;
    let group = batch.div_ceil(PARTS);
    let tasks = input.groups(group).zip(gradients.groups(group));
    let parts = parallel::map(tasks, |(images, gradients)| {
        let mut sum = vec![0.0; POSITIONS * geometry.channels * geometry.channels];
        filter_gradient(level, images, gradients, geometry, &mut sum);
        sum
    });
    filters_transposed(&add(parts))
}

/// Gradient of the first block's filters, (3, 3, I, O). The outputs, computed again, become
/// their gradient one pair of rows at a time: nothing else needs it.
fn first_filters(
    level: Level,
    block: &BlockSpace,
    packed: &[f32],
    backward: &Backward,
    batch: usize,
) -> Vec<f32> {
    let (from, pooled) = (block.input.geometry, block.selected.geometry);
    let row_len = from.side * pooled.channels;
    let (pooled_len, pooled_image) = (pooled.side * pooled.channels, pooled.image_len());
    let group = batch.div_ceil(PARTS);
    let outputs = block.gradient.groups(group).zip(block.selected.groups(group));
    let tasks = block.input.groups(group).zip(outputs);
    let parts = parallel::map(tasks, |(inputs, (gradients, selected))| {
        let mut sum = vec![0.0; packed.len()];
        let pooled = gradients.chunks_exact(pooled_image).zip(selected.chunks_exact(pooled_image));
        for (input, (gradient, selected)) in inputs.chunks_exact(from.image_len()).zip(pooled) {
            first::each_pair(level, input, &from, packed, |pair| {
                level.run(Unpool {
                    rows: pair.outputs,
                    row_len,
                    row_count: pair.rows,
                    side: from.side,
                    gradient: pooled_row(gradient, pair.index, pooled_len),
                    selected: pooled_row(selected, pair.index, pooled_len),
                    backward,
                });
                first::add_gradient(level, input, &from, 2 * pair.index, pair.outputs, &mut sum);
            });
        }
        sum
    });
    add(parts)
}

fn add(parts: Vec<Vec<f32>>) -> Vec<f32> {
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or_default();
    for part in parts {
        total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
    }
    total
}
