//! Work between the steps of a stage that takes a while, such as encoding all base
//! classes: it says how far it is, and ends where the run was asked to end.

use std::cell::Cell;
use std::time::Instant;

use anyhow::Result;
use indicatif::ProgressBar;

use super::report::PAUSE;
use crate::interrupt::Interrupt;
use crate::progress;

/// One piece of such work, counted in pictures.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    what: &'a str,
    count: usize,
    /// Draws nothing where standard error is no terminal.
    bar: ProgressBar,
    last_line: Cell<Instant>,
    interrupt: &'a Interrupt,
}

impl<'a> Watch<'a> {
    /// Of `what`, "encoding pictures", with so many of them.
    pub fn new(what: &'a str, count: usize, interrupt: &'a Interrupt) -> Self {
        let (bar, last_line) = (progress::bar(what, count), Cell::new(Instant::now()));
        Self { what, count, bar, last_line, interrupt }
    }

    /// So many are done.
    ///
    /// # Errors
    /// [`Stopped`](crate::interrupt::Stopped) where the run was asked to end.
    pub fn advance(&self, done: usize) -> Result<()> {
        self.bar.set_position(done as u64);
        if self.bar.is_hidden() && self.last_line.get().elapsed() > PAUSE {
            self.last_line.set(Instant::now());
            eprintln!("{}: {done} of {}", self.what, self.count);
        }
        self.interrupt.check()
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}
