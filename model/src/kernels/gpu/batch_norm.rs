//! BatchNorm over a batch.

use candle_core::{
    CpuStorage, CudaDevice, CudaStorage, CustomOp3, Layout, Shape, Tensor,
    cuda_backend::cudarc::driver::CudaSlice,
};

use super::kernel::{blocks, kernel, launch, memory, room, tensor};
use crate::{Result, backbone::BatchStatistics, computed::Computed};

/// What keeps a large GPU busy while channels are summed.
const BLOCKS: usize = 1056;

/// BatchNorm over this batch (Ioffe and Szegedy 2015, algorithm 1), its gradient as in section 3
/// there, gathered into one multiple of the gradient, one of the map, and a constant a channel.
///
/// # Shapes
/// - map: (B, C, H, W), gamma and beta: (C)
/// - output: (B, C, H, W)
///
/// # Errors
/// If the shapes do not fit, or the device fails.
pub(crate) fn batch_norm(
    map: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    epsilon: f64,
) -> Result<(Tensor, BatchStatistics)> {
    let map = map.contiguous()?;
    let (batch, _, height, width) = map.dims4()?;
    let count = (batch * height * width) as f64;
    let moments = moments(&map)?;
    let statistics = BatchStatistics { mean: moments.get(0)?, var: moments.get(1)? };
    let output = Computed(normalise(&map, gamma, beta, &statistics, epsilon)?);
    let unbiased = count / (count - 1.0).max(1.0);
    let measured =
        BatchStatistics { mean: statistics.mean.clone(), var: (&statistics.var * unbiased)? };
    let epsilon = epsilon as f32;
    let normalised = map.apply_op3(gamma, beta, BatchNorm { output, statistics, epsilon })?;
    Ok((normalised, measured))
}

/// `(x − mean) / √(var + ε) · gamma + beta` with no gradient, the statistics being given.
///
/// # Shapes
/// As of [`batch_norm`].
///
/// # Errors
/// If the shapes do not fit, or the device fails.
pub(crate) fn normalise(
    map: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    statistics: &BatchStatistics,
    epsilon: f64,
) -> Result<Tensor> {
    let map = map.contiguous()?;
    let (batch, channels, height, width) = map.dims4()?;
    let shape = (batch, channels, height, width);
    fits(channels, &[gamma, beta, &statistics.mean, &statistics.var])?;
    let [map, gamma, beta, mean, var] =
        [&map, gamma, beta, &statistics.mean, &statistics.var].map(memory);
    let device = map.device()?;
    let mut written = room(device, batch * channels * height * width)?;
    let (of_channels, area, epsilon) = (channels as i32, (height * width) as i32, epsilon as f32);
    // SAFETY: a block has a plane of the map and of the output, and the rest is of its channels.
    unsafe {
        launch!(
            device,
            "normalise",
            blocks((batch * channels, 1, 1), 256),
            &map.values()?,
            &gamma.values()?,
            &beta.values()?,
            &mean.values()?,
            &var.values()?,
            &mut written,
            &of_channels,
            &area,
            &epsilon,
        );
    }
    Ok(tensor(written, device, shape))
}

struct BatchNorm {
    output: Computed,
    /// Of the batch; its variance the biased one.
    statistics: BatchStatistics,
    epsilon: f32,
}

impl CustomOp3 for BatchNorm {
    fn name(&self) -> &'static str {
        "batch-norm"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        self.output.on_cpu()
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> candle_core::Result<(CudaStorage, Shape)> {
        self.output.on_cuda()
    }

    fn bwd(
        &self,
        map: &Tensor,
        gamma: &Tensor,
        _: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let gradients = self.of_channels(map, &gradient)?;
        let of_map = self.of_map(map, &gradient, gamma, &gradients)?;
        Ok((Some(of_map), Some(gradients.get(0)?), Some(gradients.get(1)?)))
    }
}

impl BatchNorm {
    /// Gradients of gamma and beta, (2, C).
    fn of_channels(&self, map: &Tensor, gradient: &Tensor) -> candle_core::Result<Tensor> {
        let sums = Sums::of(map)?;
        let [map, gradient, mean, var] =
            [map, gradient, &self.statistics.mean, &self.statistics.var].map(memory);
        let device = map.device()?;
        let mut parts = sums.room(device)?;
        let mut written = room(device, 2 * sums.channels)?;
        let [channels, area, pictures, count] = sums.numbers();
        // SAFETY: the sizes are the map's, and the gradient's is the same shape; `Sums` has room
        // for two sums of each channel and part.
        unsafe {
            launch!(
                device,
                "norm_gradient_sums",
                blocks((sums.channels, sums.parts, 1), 256),
                &map.values()?,
                &gradient.values()?,
                &mean.values()?,
                &mut parts,
                &channels,
                &area,
                &pictures,
            );
            launch!(
                device,
                "norm_gradients",
                blocks((sums.channels.div_ceil(64), 1, 1), 64),
                &parts,
                &var.values()?,
                &mut written,
                &channels,
                &count,
                &self.epsilon,
            );
        }
        Ok(tensor(written, device, (2, sums.channels)))
    }

    fn of_map(
        &self,
        map: &Tensor,
        gradient: &Tensor,
        gamma: &Tensor,
        gradients: &Tensor,
    ) -> candle_core::Result<Tensor> {
        let shape = map.shape().clone();
        let sums = Sums::of(map)?;
        let [map, gradient, gamma, mean, var, gradients] =
            [map, gradient, gamma, &self.statistics.mean, &self.statistics.var, gradients]
                .map(memory);
        let device = map.device()?;
        let mut written = room(device, shape.elem_count())?;
        let [channels, area, pictures, _] = sums.numbers();
        // SAFETY: as above; a block has a plane of the map and of the output.
        unsafe {
            launch!(
                device,
                "norm_map_gradient",
                blocks((sums.pictures * sums.channels, 1, 1), 256),
                &map.values()?,
                &gradient.values()?,
                &gamma.values()?,
                &mean.values()?,
                &var.values()?,
                &gradients.values()?,
                &mut written,
                &channels,
                &area,
                &pictures,
                &self.epsilon,
            );
        }
        Ok(tensor(written, device, shape))
    }
}

/// Mean and biased variance of each channel, (2, C).
fn moments(map: &Tensor) -> candle_core::Result<Tensor> {
    let sums = Sums::of(map)?;
    let map = memory(map);
    let device = map.device()?;
    let mut parts = sums.room(device)?;
    let mut written = room(device, 2 * sums.channels)?;
    let [channels, area, pictures, count] = sums.numbers();
    // SAFETY: the sizes are the map's; `Sums` has room for two sums of each channel and part.
    unsafe {
        launch!(
            device,
            "moment_sums",
            blocks((sums.channels, sums.parts, 1), 256),
            &map.values()?,
            &mut parts,
            &channels,
            &area,
            &pictures,
        );
        launch!(
            device,
            "moments",
            blocks((sums.channels.div_ceil(64), 1, 1), 64),
            &map.values()?,
            &parts,
            &mut written,
            &channels,
            &area,
            &pictures,
            &count,
        );
    }
    Ok(tensor(written, device, (2, sums.channels)))
}

/// How the two sums of each channel are divided among blocks.
struct Sums {
    channels: usize,
    /// Values of a plane.
    area: usize,
    pictures: usize,
    /// Each has every so-manieth picture.
    parts: usize,
}

impl Sums {
    fn of(map: &Tensor) -> candle_core::Result<Self> {
        let (pictures, channels, height, width) = map.dims4()?;
        let parts = (BLOCKS / channels).clamp(1, pictures);
        Ok(Self { channels, area: height * width, pictures, parts })
    }

    fn room(&self, device: &CudaDevice) -> candle_core::Result<CudaSlice<f64>> {
        // SAFETY: the first kernel writes every sum, before the second reads them.
        unsafe { device.alloc::<f64>(self.parts * 2 * self.channels) }
    }

    /// Channels, area, pictures and parts, as the kernels count.
    fn numbers(&self) -> [i32; 4] {
        [self.channels, self.area, self.pictures, self.parts].map(|number| number as i32)
    }
}

fn fits(channels: usize, all: &[&Tensor]) -> candle_core::Result<()> {
    match all.iter().find(|tensor| tensor.dims() != [channels]) {
        Some(other) => candle_core::bail!("{:?} for {channels} channels", other.shape()),
        None => Ok(()),
    }
}
