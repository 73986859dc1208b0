//! Ctrl-C, SIGTERM and SIGHUP as a request: the first asks the running work to end
//! in good order, the second ends the process. What "good order" means is the
//! caller's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};

/// Exit status of a process that was asked to end before it was done, whichever
/// signal asked: what shells report for Ctrl-C.
pub const STATUS: u8 = 130;

/// The work ended in good order, because it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped before the end")
    }
}

impl std::error::Error for Stopped {}

/// Whether the work should end soon; clones share one request.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    requests: Arc<AtomicUsize>,
    /// Questions answered "no" before one is answered "yes", in tests.
    #[cfg(test)]
    patience: Option<Arc<AtomicUsize>>,
}

impl Interrupt {
    /// Listens for SIGINT, SIGTERM and SIGHUP, and what Windows has instead.
    ///
    /// # Errors
    /// Where the process already has a handler.
    pub fn on_signal() -> Result<Self> {
        let interrupt = Self::default();
        let requests = Arc::clone(&interrupt.requests);
        ctrlc::set_handler(move || {
            if requests.fetch_add(1, Ordering::SeqCst) > 0 {
                std::process::exit(STATUS.into());
            }
        })
        .context("cannot listen for Ctrl-C")?;
        Ok(interrupt)
    }

    /// For the inside of a long piece of work, which is given up.
    ///
    /// # Errors
    /// [`Stopped`], where the work should end soon.
    pub fn check(&self) -> Result<()> {
        if self.asked() { Err(Stopped.into()) } else { Ok(()) }
    }

    /// Asked for once `questions` calls of [`Self::requested`] were answered.
    #[cfg(test)]
    pub fn after(questions: usize) -> Self {
        Self { patience: Some(Arc::new(AtomicUsize::new(questions))), ..Self::default() }
    }

    /// Whether the work should end soon.
    #[must_use]
    pub fn requested(&self) -> bool {
        let asked = self.asked();
        #[cfg(test)]
        if let Some(patience) = self.patience.as_ref().filter(|_| !asked) {
            patience.fetch_sub(1, Ordering::SeqCst);
        }
        asked
    }

    fn asked(&self) -> bool {
        #[cfg(test)]
        if self.patience.as_ref().is_some_and(|left| left.load(Ordering::SeqCst) == 0) {
            return true;
        }
        self.requests.load(Ordering::SeqCst) > 0
    }
}
