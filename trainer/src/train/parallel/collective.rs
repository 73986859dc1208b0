//! How replicas add up what each of them has.

use std::fmt::Debug;
use std::sync::Arc;

use anyhow::Result;
use candle_core::Tensor;

use super::meeting::Meeting;

/// One replica's end of a sum over all of them.
pub(super) trait Collective: Debug {
    /// The sum over all replicas of each value; all give as many, and get equal sums.
    ///
    /// # Shapes
    /// (n) to (n), on the replica's device.
    ///
    /// # Errors
    /// Where another replica has stopped, or the devices cannot reach each other.
    fn sum(&self, values: &Tensor) -> Result<Tensor>;
}

/// Sums in main memory, for replicas on the CPU: always in the order of the ranks, so that a
/// run gives the same bits again.
#[derive(Debug)]
pub(super) struct InMemory {
    pub meeting: Arc<Meeting>,
    pub rank: usize,
}

impl Collective for InMemory {
    fn sum(&self, values: &Tensor) -> Result<Tensor> {
        let all = self.meeting.exchange(self.rank, values.to_vec1()?)?;
        let mut sums = vec![0.0; values.elem_count()];
        for values in all.iter() {
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        Ok(Tensor::new(sums, values.device())?)
    }
}
