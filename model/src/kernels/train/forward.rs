//! Forward in training: block by block over the whole batch.

use super::{
    super::{
        convolve::{Filters, Store, convolve, images_in_group},
        first,
        layout::{from_nchw, to_nchw},
        map::{Map, padded},
        normalise::{Affine, Moments, Pool, ShiftedMoments, cancels},
        parallel, scratch,
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
            let moments = if index == 0 {
                first_block(level, &block.input, &packed, &mut block.convolved)
            } else {
                let filters = Filters::new(&packed, padded(sizes.channels));
                later_block(level, &block.input, &filters, &mut block.convolved, sizes.batch)
            };
            let count = (sizes.batch * sizes.side_of(index).pow(2)) as f64;
            let (moments, shift) = without_cancellation(level, moments, &block.convolved, count);
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
            pool(level, &block.convolved, &affine, pooled, &mut block.selected);
            block.affine = affine;
        }
        (to_nchw(&self.output, sizes.batch, sizes.channels), statistics)
    }
}

/// Returns sums and sums of squares of the outputs, (2, C).
fn first_block(level: Level, input: &Map, packed: &[f32], convolved: &mut Map) -> Vec<f64> {
    let (from, to) = (input.geometry, convolved.geometry);
    let window_len = first::window_len(&from);
    let side = from.side;
    let tasks = input.images().zip(convolved.groups_mut(1));
    let moments = parallel::map(tasks, |(image, convolved)| {
        let mut moments = vec![0.0; 2 * to.channels];
        scratch::with([side * window_len], |[windows]| {
            for row in 0..side {
                first::im2col(image, &from, row, windows);
                let pixels = &mut convolved[to.at(row, 0)..][..side * to.channels];
                first::multiply(level, windows, window_len, packed, pixels);
                level.run(Moments { pixels, moments: &mut moments });
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
    convolved: &mut Map,
    batch: usize,
) -> Vec<f64> {
    let geometry = convolved.geometry;
    let group = images_in_group(&input.geometry, batch);
    let tasks = input.groups(group).zip(convolved.groups_mut(group));
    let moments = parallel::map(tasks, |(images, convolved)| {
        let mut moments = vec![0.0; 2 * geometry.channels];
        let mut sink = Store { images: convolved, geometry, moments: Some(&mut moments) };
        convolve(level, images, input.geometry, filters, &mut sink);
        moments
    });
    sum(&moments)
}

/// Moments of the outputs less a shift, and the shift, (C): none, or the mean where the variance
/// would otherwise be a small difference of large numbers.
fn without_cancellation(
    level: Level,
    moments: Vec<f64>,
    convolved: &Map,
    count: f64,
) -> (Vec<f64>, Vec<f32>) {
    let geometry = convolved.geometry;
    let channels = geometry.channels;
    if !cancels(&moments, count) {
        return (moments, vec![0.0; channels]);
    }
    let shift: Vec<f32> = moments[..channels].iter().map(|sum| (sum / count) as f32).collect();
    let parts = parallel::map(convolved.images(), |image| {
        let mut moments = vec![0.0; 2 * channels];
        for row in 0..geometry.side {
            let pixels = &image[geometry.at(row, 0)..][..geometry.side * channels];
            level.run(ShiftedMoments { pixels, shift: &shift, moments: &mut moments });
        }
        moments
    });
    (sum(&parts), shift)
}

fn pool(level: Level, convolved: &Map, affine: &Affine, pooled: &mut Map, selected: &mut Map) {
    let (geometry, pooled_geometry) = (convolved.geometry, pooled.geometry);
    let outputs = pooled.groups_mut(1).zip(selected.groups_mut(1));
    parallel::each(convolved.images().zip(outputs), |(image, (pooled, selected))| {
        level.run(Pool { image, geometry, affine, pooled, pooled_geometry, selected });
    });
}
