//! Sums over NVIDIA's GPUs in one machine, by its library NCCL.

use std::fmt;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use candle_core::cuda_backend::cudarc::nccl::result::NcclError;
use candle_core::cuda_backend::cudarc::nccl::{Comm, Id, ReduceOp};
use candle_core::{CpuStorage, CudaDevice, CudaStorage, InplaceOp1, Layout, Tensor};

use super::collective::Collective;
use super::meeting::Meeting;
use super::share::Part;

/// What all replicas must know to find each other.
pub(super) fn id() -> Result<Id> {
    Id::new().map_err(|error| failed("start", &error))
}

/// One replica's communicator.
pub(super) struct Nccl {
    comm: Comm,
    meeting: Arc<Meeting>,
}

impl Nccl {
    /// Joins the others; waits until all have come.
    ///
    /// # Errors
    /// Where the library is missing or the GPUs cannot reach each other.
    pub fn join(
        device: &CudaDevice,
        Part { rank, count }: Part,
        id: Id,
        meeting: Arc<Meeting>,
    ) -> Result<Self> {
        // Within NCCL there is no way back from waiting for a replica that does not come.
        meeting.exchange(rank, Vec::new())?;
        let comm = Comm::from_rank(device.cuda_stream(), rank, count, id)
            .map_err(|error| failed("connect the GPUs", &error))?;
        Ok(Self { comm, meeting })
    }
}

impl Collective for Nccl {
    fn sum(&self, values: &Tensor) -> Result<Tensor> {
        // A copy, as the sum replaces it.
        let sums = values.copy()?;
        sums.inplace_op1(&Sum(&self.comm))?;
        // The sum is only begun. Where a replica could not begin it the others would wait for
        // ever; so they hear of it, and dropping the communicator ends what was begun.
        self.meeting.exchange(self.comm.rank(), Vec::new())?;
        Ok(sums)
    }
}

impl fmt::Debug for Nccl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nccl({} of {})", self.comm.rank(), self.comm.world_size())
    }
}

struct Sum<'a>(&'a Comm);

impl InplaceOp1 for Sum<'_> {
    fn name(&self) -> &'static str {
        "sum over replicas"
    }

    fn cpu_fwd(&self, _: &mut CpuStorage, _: &Layout) -> candle_core::Result<()> {
        candle_core::bail!("NCCL is for GPUs")
    }

    fn cuda_fwd(&self, storage: &mut CudaStorage, layout: &Layout) -> candle_core::Result<()> {
        let Some((0, length)) = layout.contiguous_offsets() else {
            candle_core::bail!("expected a vector with storage of its own")
        };
        let mut values = storage.as_cuda_slice_mut::<f32>()?.slice_mut(..length);
        self.0
            .all_reduce_in_place(&mut values, &ReduceOp::Sum)
            .map_err(|error| candle_core::Error::wrap(failed("add the gradients up", &error)))?;
        Ok(())
    }
}

fn failed(what: &str, error: &NcclError) -> anyhow::Error {
    anyhow!(
        "NCCL could not {what} ({:?}): is libnccl.so.2 on this machine? NCCL_DEBUG=WARN makes it \
         say more",
        error.0
    )
}
