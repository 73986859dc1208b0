//! Kernels on the GPU: compiled once a process, and what they are given.

use std::{ops::Deref, sync::OnceLock};

use candle_core::{
    CudaDevice, CudaStorage, Error, Layout, Result, Shape, Storage, Tensor,
    cuda_backend::cudarc::{
        driver::{CudaFunction, CudaSlice, CudaView, LaunchConfig},
        nvrtc::compile_ptx,
    },
    op::BackpropOp,
};

const SOURCE: &str = include_str!("kernels.cu");

/// The kernel of that name, compiled at the first call.
///
/// # Errors
/// If NVIDIA's run-time compiler is missing, or refuses the source.
pub fn kernel(device: &CudaDevice, name: &str) -> Result<CudaFunction> {
    static COMPILED: OnceLock<std::result::Result<String, String>> = OnceLock::new();
    let compile = || match compile_ptx(SOURCE) {
        Ok(compiled) => Ok(compiled.to_src()),
        Err(error) => Err(format!(
            "the kernels for GPUs cannot be compiled; is NVRTC of NVIDIA's tool-kit (libnvrtc) \
             installed? ({error:?})"
        )),
    };
    let compiled = COMPILED.get_or_init(compile).as_ref().map_err(Error::msg)?;
    Ok(device.get_or_load_custom_func(name, "fewshot", compiled)?.into_cuda_function())
}

/// A tensor's memory on the GPU, held while a kernel is launched over it.
pub struct Memory<'a, Guard> {
    storage: Guard,
    layout: &'a Layout,
}

pub fn memory(tensor: &Tensor) -> Memory<'_, impl Deref<Target = Storage>> {
    let (storage, layout) = tensor.storage_and_layout();
    Memory { storage, layout }
}

impl<Guard: Deref<Target = Storage>> Memory<'_, Guard> {
    /// # Errors
    /// If it is not on a GPU.
    pub fn device(&self) -> Result<&CudaDevice> {
        Ok(&self.storage()?.device)
    }

    /// # Errors
    /// If it is not on a GPU, not contiguous, not f32, or more than the kernels' indices reach.
    pub fn values(&self) -> Result<CudaView<'_, f32>> {
        let Some((begin, end)) = self.layout.contiguous_offsets() else {
            candle_core::bail!("the kernels for GPUs take contiguous tensors")
        };
        if i32::try_from(end - begin).is_err() {
            let shape = self.layout.shape();
            candle_core::bail!("{shape:?} is too large for a GPU's kernels: fewer pictures at once")
        }
        Ok(self.storage()?.as_cuda_slice::<f32>()?.slice(begin..end))
    }

    fn storage(&self) -> Result<&CudaStorage> {
        match &*self.storage {
            Storage::Cuda(storage) => Ok(storage),
            _ => candle_core::bail!("expected a tensor on the GPU"),
        }
    }
}

/// Memory for what a kernel writes.
///
/// # Errors
/// If the GPU has no more.
pub fn room(device: &CudaDevice, values: usize) -> Result<CudaSlice<f32>> {
    // SAFETY: every kernel writes each value of its output before anything reads one.
    unsafe { device.alloc::<f32>(values) }
}

/// What a kernel wrote, with no gradient.
pub fn tensor(written: CudaSlice<f32>, device: &CudaDevice, shape: impl Into<Shape>) -> Tensor {
    let storage = CudaStorage::wrap_cuda_slice(written, device.clone());
    Tensor::from_storage(Storage::Cuda(storage), shape, BackpropOp::none(), false)
}

/// That many blocks of that many threads.
pub fn blocks(grid: (usize, usize, usize), threads: u32) -> LaunchConfig {
    let (x, y, z) = grid;
    LaunchConfig {
        grid_dim: (x as u32, y as u32, z as u32),
        block_dim: (threads, 1, 1),
        shared_mem_bytes: 0,
    }
}

/// Launches a kernel with these arguments: references, in the order of its declaration.
///
/// To be called in `unsafe`, which says that they are of the types declared there and that the
/// kernel, in as many blocks, stays within what they point to.
macro_rules! launch {
    ($device:expr, $kernel:literal, $blocks:expr, $($argument:expr),+ $(,)?) => {{
        use candle_core::cuda_backend::{WrapErr, cudarc::driver::PushKernelArg};
        let (kernel, stream) = (kernel($device, $kernel)?, $device.cuda_stream());
        stream.launch_builder(&kernel)$(.arg($argument))+.launch($blocks).w()?;
    }};
}
pub(super) use launch;
