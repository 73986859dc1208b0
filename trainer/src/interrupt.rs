//! Ctrl-C as a request: the first asks the running work to end in good order,
//! the second ends the process. What "good order" means is the caller's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};

/// Exit status of a process ended by SIGINT, as shells report it.
const KILLED_BY_SIGINT: i32 = 130;

/// Whether the work should end soon; clones share one request.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    requests: Arc<AtomicUsize>,
    /// Questions answered "no" before one is answered "yes", in tests.
    #[cfg(test)]
    patience: Option<Arc<AtomicUsize>>,
}

impl Interrupt {
    /// Listens for SIGINT (and SIGTERM's equivalents where `ctrlc` maps them).
    ///
    /// # Errors
    /// Where the process already has a handler.
    pub fn on_signal() -> Result<Self> {
        let interrupt = Self::default();
        let requests = Arc::clone(&interrupt.requests);
        ctrlc::set_handler(move || {
            if requests.fetch_add(1, Ordering::SeqCst) > 0 {
                std::process::exit(KILLED_BY_SIGINT);
            }
        })
        .context("cannot listen for Ctrl-C")?;
        Ok(interrupt)
    }

    /// Asked for after `questions` calls of [`Self::requested`].
    #[cfg(test)]
    pub fn after(questions: usize) -> Self {
        Self { patience: Some(Arc::new(AtomicUsize::new(questions))), ..Self::default() }
    }

    /// Whether the work should end soon.
    #[must_use]
    pub fn requested(&self) -> bool {
        #[cfg(test)]
        if let Some(patience) = &self.patience
            && patience
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_err()
        {
            return true;
        }
        self.requests.load(Ordering::SeqCst) > 0
    }
}
