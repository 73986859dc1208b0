//! A replica's share of the work, and the average of all replicas' gradients.

use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Result, bail};
use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor, Var};

use super::collective::{Collective, InMemory};
use super::meeting::Meeting;

/// Which part of each step's work a replica takes.
#[derive(Clone, Copy, Debug)]
pub(in crate::train) struct Part {
    /// Number of the replica, from 0.
    pub rank: usize,
    /// How many there are.
    pub count: usize,
}

/// A part, and how the others are met.
#[derive(Clone, Debug)]
pub(in crate::train) struct Share {
    pub part: Part,
    link: Option<Link>,
}

#[derive(Clone, Debug)]
struct Link {
    /// As which replica, whatever part it takes.
    part: Part,
    meeting: Arc<Meeting>,
    collective: Rc<dyn Collective>,
}

/// A place among the replicas, taken on the thread that works there.
#[derive(Debug)]
pub(super) struct Seat {
    part: Part,
    device: Device,
    meeting: Arc<Meeting>,
    #[cfg(feature = "nccl")]
    id: Option<candle_core::cuda_backend::cudarc::nccl::Id>,
}

impl Part {
    const WHOLE: Self = Self { rank: 0, count: 1 };

    /// Number of this part among those of all steps.
    pub fn number(self, step: usize) -> usize {
        step * self.count + self.rank
    }

    /// What it has of a list that all replicas know.
    pub fn of<T>(self, whole: Vec<T>) -> Vec<T> {
        let each = whole.len() / self.count;
        whole.into_iter().skip(self.rank * each).take(each).collect()
    }
}

impl Share {
    /// All of the work, with nobody else.
    pub fn whole() -> Self {
        Self { part: Part::WHOLE, link: None }
    }

    /// All of the work, as every other replica does it too.
    #[cfg(test)]
    pub fn repeated(self) -> Self {
        Self { part: Part::WHOLE, ..self }
    }

    /// Replaces the gradients of `vars` by their average over all replicas. One that a replica
    /// lacks counts as zero; one that all lack stays away.
    ///
    /// # Errors
    /// Where another replica has stopped, or the devices cannot reach each other.
    pub fn average(&self, gradients: &mut GradStore, vars: &[&Var]) -> Result<()> {
        let Some(Link { part, meeting, collective }) = &self.link else { return Ok(()) };
        let has = |var: &&Var| if gradients.get(var).is_some() { 1.0 } else { 0.0 };
        let has = meeting.exchange(part.rank, vars.iter().map(has).collect())?;
        let somebody_has = |index: usize| has.iter().any(|has| has[index] > 0.0);
        let vars: Vec<&Var> =
            (0..vars.len()).filter(|&index| somebody_has(index)).map(|index| vars[index]).collect();
        // One vector of them all: each sum waits for the slowest replica.
        let row = |var: &&Var| match gradients.get(var) {
            Some(gradient) => gradient.detach().flatten_all(),
            None => Tensor::zeros(var.elem_count(), DType::F32, var.device()),
        };
        let rows = vars.iter().map(row).collect::<candle_core::Result<Vec<_>>>()?;
        if rows.is_empty() {
            return Ok(());
        }
        let average = (collective.sum(&Tensor::cat(&rows, 0)?)? / part.count as f64)?;
        let mut start = 0;
        for var in vars {
            let length = var.elem_count();
            let gradient = average.narrow(0, start, length)?.reshape(var.shape())?;
            gradients.insert(var, gradient);
            start += length;
        }
        Ok(())
    }
}

impl Seat {
    /// One for each device.
    ///
    /// # Errors
    /// Where they cannot add up together.
    pub fn around(devices: &[Device], meeting: &Arc<Meeting>) -> Result<Vec<Self>> {
        let all = |is: fn(&Device) -> bool| devices.iter().all(is);
        if !(all(Device::is_cpu) || (cfg!(feature = "nccl") && all(Device::is_cuda))) {
            bail!("these devices cannot train together: several must be GPUs, through NCCL");
        }
        #[cfg(feature = "nccl")]
        let id = all(Device::is_cuda).then(super::nccl::id).transpose()?;
        let seat = |(rank, device): (usize, &Device)| Self {
            part: Part { rank, count: devices.len() },
            device: device.clone(),
            meeting: Arc::clone(meeting),
            #[cfg(feature = "nccl")]
            id,
        };
        Ok(devices.iter().enumerate().map(seat).collect())
    }

    /// Number of the replica.
    pub fn rank(&self) -> usize {
        self.part.rank
    }

    /// Takes it, on the thread of the replica; on GPUs it waits until all have.
    ///
    /// # Errors
    /// Where the devices cannot reach each other.
    pub fn take(self) -> Result<Share> {
        let Self { part, device, meeting, .. } = self;
        let collective: Rc<dyn Collective> = match &device {
            #[cfg(feature = "nccl")]
            Device::Cuda(device) => {
                let id = self.id.ok_or_else(|| anyhow::anyhow!("NCCL was not started"))?;
                Rc::new(super::nccl::Nccl::join(device, part, id, Arc::clone(&meeting))?)
            }
            _ => Rc::new(InMemory { meeting: Arc::clone(&meeting), rank: part.rank }),
        };
        Ok(Share { part, link: Some(Link { part, meeting, collective }) })
    }
}
