//! What a person sees of training, on standard error: a bar where that is a
//! terminal, a line now and then where it is a file.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::progress::PAUSE;

/// The progress of one stage.
#[derive(Debug)]
pub(super) struct Report {
    title: String,
    bar: Option<ProgressBar>,
    steps: usize,
    first_step: usize,
    started: Instant,
    last_line: Instant,
    /// A running mean, once a step was taken.
    loss: Option<f64>,
    validation: Option<String>,
}

impl Report {
    /// For a stage of `steps` that begins, or goes on, at `first_step`.
    pub fn new(title: String, steps: usize, first_step: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(steps as u64).with_position(first_step as u64);
            let template = "{prefix} {wide_bar:.cyan/dim} {pos}/{len} {msg} {elapsed} (left {eta})";
            let style = ProgressStyle::with_template(template);
            style.map_or(bar.clone(), |style| bar.with_style(style)).with_prefix(title.clone())
        });
        let now = Instant::now();
        let (loss, validation) = (None, None);
        Self { title, bar, steps, first_step, started: now, last_line: now, loss, validation }
    }

    /// After `done` steps.
    pub fn step(&mut self, done: usize, loss: f64) {
        // A running mean: a single step's loss says little.
        self.loss = Some(self.loss.map_or(loss, |mean| mean * 0.98 + loss * 0.02));
        match &self.bar {
            Some(bar) => {
                bar.set_message(self.words(3));
                bar.set_position(done as u64);
            }
            None if self.last_line.elapsed() > PAUSE => self.line(done),
            None => {}
        }
    }

    /// After a validation at `done` steps, described in a few words.
    pub fn validated(&mut self, done: usize, words: &str) {
        self.validation = Some(format!("val {words}"));
        match &self.bar {
            Some(bar) => bar.set_message(self.words(3)),
            None => self.line(done),
        }
    }

    fn line(&mut self, done: usize) {
        self.last_line = Instant::now();
        let here = done.saturating_sub(self.first_step);
        let left = if here == 0 {
            String::new()
        } else {
            let each = self.started.elapsed().as_secs_f64() / here as f64;
            let left = Duration::from_secs_f64(each * (self.steps - done) as f64);
            format!(", {} left", HumanDuration(left))
        };
        eprintln!("{}: step {done} of {}, {}{left}", self.title, self.steps, self.words(4));
    }

    /// What is known of loss and validation.
    fn words(&self, digits: usize) -> String {
        let loss = self.loss.map(|loss| format!("loss {loss:.digits$}"));
        let known: Vec<String> = loss.into_iter().chain(self.validation.clone()).collect();
        known.join(", ")
    }

    /// Ends the bar and leaves a line behind.
    pub fn finish(self, words: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        eprintln!("{}: {words}", self.title);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_is_said() {
        let mut report = Report::new("1/1 pretrain".into(), 100, 0);
        report.validated(0, "1-shot 50.00 %");
        assert_eq!(report.words(3), "val 1-shot 50.00 %");
        report.step(1, 2.0);
        report.step(2, 1.0);
        assert_eq!(report.words(3), "loss 1.980, val 1-shot 50.00 %");
    }
}
