//! Backward: from the features' gradient to every parameter's, last block first.

use super::{
    super::{
        convolve::{Filters, Store, convolve, filter_gradient, images_in_group},
        first,
        layout::from_nchw,
        map::{Map, padded},
        normalise::{Backward, Mask, Unpool},
        parallel,
        simd::Level,
        winograd::{POSITIONS, filters_transposed},
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
        let mut gradients = vec![BlockGradients::default(); sizes.blocks];
        for index in (0..sizes.blocks).rev() {
            let (earlier, block) = self.blocks.split_at_mut(index);
            let block = &mut block[0];
            let shape = filter_shape(&sizes, index);
            let sums = mask(level, block);
            let count = (sizes.batch * sizes.side_of(index).pow(2)) as f64;
            let backward = Backward::new(&block.affine, &sums, count);
            let gradient = match earlier.last_mut() {
                None => {
                    let packed = shape.pack(&parameters[index].weight);
                    first_filters(level, block, &packed, &backward, sizes.batch)
                }
                Some(previous) => {
                    let BlockSpace { input, convolved, selected, gradient, .. } = block;
                    let convolved = convolved.as_mut().expect("a later block's outputs are kept");
                    unpool(level, convolved, gradient, selected, &backward);
                    let packed = shape.pack_backward(&parameters[index].weight);
                    let filters = Filters::new(&packed, padded(sizes.channels));
                    input_gradient(level, convolved, &filters, &mut previous.gradient, sizes.batch);
                    later_filters(level, input, convolved, sizes.batch)
                }
            };
            let (beta, gamma) = sums.split_at(sums.len() / 2);
            let real = |sums: &[f64]| sums[..sizes.channels].iter().map(|v| *v as f32).collect();
            gradients[index] = BlockGradients {
                weight: shape.unpack(&gradient),
                gamma: real(gamma),
                beta: real(beta),
            };
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

/// Backward to the block's input, which is the previous block's pooled map.
fn input_gradient(level: Level, gradients: &Map, filters: &Filters, input: &mut Map, batch: usize) {
    let geometry = input.geometry;
    let group = images_in_group(&gradients.geometry, batch);
    parallel::each(gradients.groups(group).zip(input.groups_mut(group)), |(images, input)| {
        let mut sink = Store { images: input, geometry, measured: None };
        convolve(level, images, gradients.geometry, filters, &mut sink);
    });
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
    let (window_len, row_len) = (first::window_len(&from), from.side * pooled.channels);
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
                first::add_gradient(level, pair.windows, window_len, pair.outputs, &mut sum);
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
