//! Progress on standard error: a bar where that is a terminal, a line now and then
//! where it is a file, such as the log of a job.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressStyle};

/// Between lines in a file.
pub const PAUSE: Duration = Duration::from_secs(30);

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Things,
    Bytes,
}

/// How far a piece of work is. Several threads may tell it.
#[derive(Debug)]
pub struct Progress {
    what: String,
    unit: Unit,
    /// Counts, and draws where standard error is a terminal.
    bar: ProgressBar,
    last_line: Mutex<Instant>,
}

impl Progress {
    /// Of work that is called `what`, with so many things to do.
    #[must_use]
    pub fn new(what: &str, length: usize) -> Self {
        let template = "{msg:<24} {wide_bar:.cyan/dim} {pos}/{len} {elapsed} (left {eta})";
        Self::with(what, Unit::Things, length as u64, template)
    }

    /// Of bytes; how many there are is told once it is known.
    #[must_use]
    pub fn of_bytes(what: &str) -> Self {
        let template = "{msg:<24} {wide_bar:.cyan/dim} {bytes}/{total_bytes} {bytes_per_sec} \
                        (left {eta})";
        Self::with(what, Unit::Bytes, 0, template)
    }

    fn with(what: &str, unit: Unit, length: u64, template: &str) -> Self {
        let bar = ProgressBar::new(length).with_message(what.to_owned());
        // The template is fixed; where it could not be read the plain bar serves.
        let bar = match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Self { what: what.to_owned(), unit, bar, last_line: Mutex::new(Instant::now()) }
    }

    /// So much there is to do.
    pub fn set_length(&self, length: u64) {
        self.bar.set_length(length);
    }

    /// How much is done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.bar.position() as usize
    }

    /// So much is done.
    pub fn set(&self, done: usize) {
        self.bar.set_position(done as u64);
        self.tell();
    }

    /// One more is done.
    pub fn advance(&self) {
        self.bar.inc(1);
        self.tell();
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn tell(&self) {
        if !self.bar.is_hidden() {
            return;
        }
        // Another thread that is here already says it.
        let Ok(mut last_line) = self.last_line.try_lock() else { return };
        if last_line.elapsed() > PAUSE {
            *last_line = Instant::now();
            eprintln!("{}", self.line());
        }
    }

    fn line(&self) -> String {
        let (done, length) = (self.bar.position(), self.bar.length().unwrap_or(0));
        let (done, length) = match self.unit {
            Unit::Things => (done.to_string(), length.to_string()),
            Unit::Bytes => (HumanBytes(done).to_string(), HumanBytes(length).to_string()),
        };
        format!("{}: {done} of {length}, {} left", self.what, HumanDuration(self.bar.eta()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_told_what_is_done_and_of_how_much() {
        let decoding = Progress::new("decoding", 200);
        decoding.set(49);
        decoding.advance();
        assert_eq!(decoding.done(), 50);
        assert!(decoding.line().starts_with("decoding: 50 of 200, "), "{}", decoding.line());
        assert!(decoding.line().ends_with(" left"));
        let download = Progress::of_bytes("images.zip");
        download.set_length(3 << 20);
        download.set(1 << 20);
        assert!(download.line().starts_with("images.zip: 1.00 MiB of 3.00 MiB, "));
    }
}
