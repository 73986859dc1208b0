//! What operations with a gradient of their own give out.

use candle_core::{CpuStorage, Shape, Tensor};
#[cfg(feature = "cuda")]
use candle_core::{CudaStorage, Storage, backend::BackendStorage};

/// What an operation gives out, computed before it is applied: of its arguments candle hands an
/// operation memory only, on which its own operations cannot be called.
pub(crate) struct Computed(pub Tensor);

impl Computed {
    pub fn on_cpu(&self) -> candle_core::Result<(CpuStorage, Shape)> {
        let values = self.0.flatten_all()?.to_vec1::<f32>()?;
        Ok((CpuStorage::F32(values), self.0.shape().clone()))
    }

    #[cfg(feature = "cuda")]
    pub fn on_cuda(&self) -> candle_core::Result<(CudaStorage, Shape)> {
        let contiguous = self.0.contiguous()?;
        let (storage, layout) = contiguous.storage_and_layout();
        let Storage::Cuda(storage) = &*storage else {
            candle_core::bail!("expected a tensor on the GPU")
        };
        Ok((storage.try_clone(layout)?, self.0.shape().clone()))
    }
}
