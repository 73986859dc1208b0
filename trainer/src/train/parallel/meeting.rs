//! Where replicas wait for one another.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, ensure};

/// A meeting of so many threads, again and again: each brings numbers and gets what all of
/// them brought. Nobody waits for a thread that has left.
#[derive(Debug)]
pub(super) struct Meeting {
    round: Mutex<Round>,
    changed: Condvar,
}

#[derive(Debug)]
struct Round {
    number: u64,
    /// By rank; what is there of this round.
    brought: Vec<Option<Vec<f32>>>,
    /// By rank; what all brought to the round before. It stays until all have come again.
    last: Arc<Vec<Vec<f32>>>,
    left: bool,
}

/// What is told where another replica has left: not the cause, which that one tells.
#[derive(Debug)]
pub(super) struct Abandoned;

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("training on another device has stopped")
    }
}

impl std::error::Error for Abandoned {}

impl Meeting {
    /// Of `count` threads.
    pub fn new(count: usize) -> Self {
        let round =
            Round { number: 0, brought: vec![None; count], last: Arc::default(), left: false };
        Self { round: Mutex::new(round), changed: Condvar::new() }
    }

    /// Waits until all have brought something; returns it by rank.
    ///
    /// # Errors
    /// [`Abandoned`] where one has left.
    pub fn exchange(&self, rank: usize, numbers: Vec<f32>) -> Result<Arc<Vec<Vec<f32>>>> {
        let mut round = self.lock();
        ensure!(!round.left, Abandoned);
        round.brought[rank] = Some(numbers);
        if round.brought.iter().all(Option::is_some) {
            let brought = round.brought.iter_mut().filter_map(Option::take).collect();
            round.last = Arc::new(brought);
            round.number += 1;
            self.changed.notify_all();
            return Ok(Arc::clone(&round.last));
        }
        let number = round.number;
        while round.number == number {
            ensure!(!round.left, Abandoned);
            round = self.changed.wait(round).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(Arc::clone(&round.last))
    }

    /// Ends the meeting for all.
    pub fn leave(&self) {
        self.lock().left = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Round> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves when dropped, so that a thread that fails or panics is not waited for.
#[derive(Debug)]
pub(super) struct Present(pub Arc<Meeting>);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.leave();
    }
}
