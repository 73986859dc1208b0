//! Forward in training: block by block over the whole batch.

use super::{
    super::{
        convolve::{Filters, Store, convolve, images_in_group},
        first::{self, Pair},
        layout::{from_nchw, to_nchw},
        map::{Map, padded},
        normalise::{Affine, Moments, Rectify, ShiftedMoments, cancels},
        parallel,
        select::{SelectRows, signs},
        simd::Level,
    },
    BlockParameters, BlockStatistics, Workspace, filter_shape, sum,
};

impl Workspace {
    /// Features of a batch, and each block's statistics.
    ///
    /// # Shapes
    /// - pixels: (B, C, S, S)
    /// - output: (B, D)
    pub fn forward(
        &mut self,
        level: Level,
        pixels: &[f32],
        parameters: &[BlockParameters],
    ) -> (Vec<f32>, Vec<BlockStatistics>) {
        let sizes = self.sizes;
        from_nchw(pixels, sizes.input_channels, &mut self.blocks[0].input);
        let mut statistics = Vec::with_capacity(sizes.blocks);
        for (index, parameters) in parameters.iter().enumerate() {
            let (before, after) = self.blocks.split_at_mut(index + 1);
            let block = &mut before[index];
            let packed = filter_shape(&sizes, index).pack(&parameters.weight);
            let signs = signs(&parameters.gamma, padded(sizes.channels));
            let count = (sizes.batch * sizes.side_of(index).pow(2)) as f64;
            let (moments, shift) = match &mut block.convolved {
                None => {
                    let moments =
                        first_block(level, &block.input, &packed, &signs, &mut block.selected);
                    without_cancellation(moments, count, |shift| {
                        shifted_first(level, &block.input, &packed, shift)
                    })
                }
                Some(convolved) => {
                    let filters = Filters::new(&packed, padded(sizes.channels));
                    let selected = &mut block.selected;
                    let moments =
                        later_block(level, &block.input, &filters, &signs, convolved, selected);
                    without_cancellation(moments, count, |shift| shifted(level, convolved, shift))
                }
            };
            let (gamma, beta) = (&parameters.gamma, &parameters.beta);
            let affine = Affine::new(&moments, &shift, count, gamma, beta);
            let unbiased = count / (count - 1.0).max(1.0);
            statistics.push(BlockStatistics {
                mean: affine.mean[..sizes.channels].to_vec(),
                variance: affine.variance[..sizes.channels]
                    .iter()
                    .map(|variance| (f64::from(*variance) * unbiased) as f32)
                    .collect(),
            });
            let pooled = after.first_mut().map_or(&mut self.output, |next| &mut next.input);
            rectify(level, &block.selected, &affine, pooled);
            block.affine = affine;
        }
        (to_nchw(&self.output, sizes.batch, sizes.channels), statistics)
    }
}

/// Returns sums and sums of squares of the outputs, (2, C).
fn first_block(
    level: Level,
    input: &Map,
    packed: &[f32],
    signs: &[f32],
    selected: &mut Map,
) -> Vec<f64> {
    let (from, channels) = (input.geometry, signs.len());
    let pooled_len = selected.geometry.side * channels;
    let tasks = input.images().zip(selected.groups_mut(1));
    let moments = parallel::map(tasks, |(image, selected)| {
        let mut moments = vec![0.0; 2 * channels];
        first::each_pair(level, image, &from, packed, |Pair { index, rows, outputs, .. }| {
            level.run(Moments { pixels: outputs, moments: &mut moments });
            if rows == 2 {
                let selected = &mut selected[index * pooled_len..][..pooled_len];
                level.run(SelectRows { rows: outputs, signs, selected });
            }
        });
        moments
    });
    sum(&moments)
}

/// Returns sums and sums of squares of the outputs, (2, C).
fn later_block(
    level: Level,
    input: &Map,
    filters: &Filters,
    signs: &[f32],
    convolved: &mut Map,
    selected: &mut Map,
) -> Vec<f64> {
    let geometry = convolved.geometry;
    let group = images_in_group(&input.geometry, input.images().len());
    let outputs = convolved.groups_mut(group).zip(selected.groups_mut(group));
    let moments = parallel::map(input.groups(group).zip(outputs), |(input_images, outputs)| {
        let (images, selected) = outputs;
        let mut moments = vec![0.0; 2 * geometry.channels];
        let mut sink = Store { images, geometry, moments: &mut moments, signs, selected };
        convolve(level, input_images, input.geometry, filters, &mut sink);
        moments
    });
    sum(&moments)
}

/// Moments of the outputs less a shift, and the shift, (C): none, or the mean where the variance
/// would otherwise be a small difference of large numbers.
fn without_cancellation(
    moments: Vec<f64>,
    count: f64,
    shifted: impl FnOnce(&[f32]) -> Vec<f64>,
) -> (Vec<f64>, Vec<f32>) {
    let channels = moments.len() / 2;
    if !cancels(&moments, count) {
        return (moments, vec![0.0; channels]);
    }
    let shift: Vec<f32> = moments[..channels].iter().map(|sum| (sum / count) as f32).collect();
    (shifted(&shift), shift)
}

/// Sums and sums of squares of the first block's outputs less a shift, (2, C).
fn shifted_first(level: Level, input: &Map, packed: &[f32], shift: &[f32]) -> Vec<f64> {
    let parts = parallel::map(input.images(), |image| {
        let mut moments = vec![0.0; 2 * shift.len()];
        first::each_pair(level, image, &input.geometry, packed, |pair| {
            level.run(ShiftedMoments { pixels: pair.outputs, shift, moments: &mut moments });
        });
        moments
    });
    sum(&parts)
}

/// The same of a later block's.
fn shifted(level: Level, convolved: &Map, shift: &[f32]) -> Vec<f64> {
    let (geometry, channels) = (convolved.geometry, shift.len());
    let parts = parallel::map(convolved.images(), |image| {
        let mut moments = vec![0.0; 2 * channels];
        for row in 0..geometry.side {
            let pixels = &image[geometry.at(row, 0)..][..geometry.side * channels];
            level.run(ShiftedMoments { pixels, shift, moments: &mut moments });
        }
        moments
    });
    sum(&parts)
}

fn rectify(level: Level, selected: &Map, affine: &Affine, pooled: &mut Map) {
    let pooled_geometry = pooled.geometry;
    let tasks = selected.images().zip(pooled.groups_mut(1));
    parallel::each(tasks, |(selected, pooled)| {
        level.run(Rectify { selected, affine, pooled, pooled_geometry });
    });
}
