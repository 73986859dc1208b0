//! Work between the steps of a stage that takes a while, such as encoding all base
//! classes: it says how far it is, and ends where the run was asked to end.

use anyhow::Result;

use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// One piece of such work, counted in pictures.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    progress: Progress,
    interrupt: &'a Interrupt,
}

impl<'a> Watch<'a> {
    /// Of `what`, "encoding pictures", with so many of them.
    pub fn new(what: &str, count: usize, interrupt: &'a Interrupt) -> Self {
        Self { progress: Progress::new(what, count), interrupt }
    }

    /// So many are done.
    ///
    /// # Errors
    /// [`Stopped`](crate::interrupt::Stopped) where the run was asked to end.
    pub fn advance(&self, done: usize) -> Result<()> {
        self.progress.set(done);
        self.interrupt.check()
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.progress.finish();
    }
}
