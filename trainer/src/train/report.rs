//! What a person sees of training, on standard error: a bar where that is a
//! terminal, a line now and then where it is a file.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

/// Seconds between lines in a file.
const PAUSE: Duration = Duration::from_secs(30);

/// The progress of one stage.
#[derive(Debug)]
pub(super) struct Report {
    title: String,
    bar: Option<ProgressBar>,
    steps: usize,
    first_step: usize,
    started: Instant,
    last_line: Instant,
    loss: f64,
    validation: String,
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
        let validation = String::new();
        Self { title, bar, steps, first_step, started: now, last_line: now, loss: 0.0, validation }
    }

    /// After `done` steps.
    pub fn step(&mut self, done: usize, loss: f64) {
        // A running mean: a single step's loss says little.
        self.loss = if self.loss == 0.0 { loss } else { self.loss * 0.98 + loss * 0.02 };
        match &self.bar {
            Some(bar) => {
                bar.set_message(format!("loss {:.3}{}", self.loss, self.validation));
                bar.set_position(done as u64);
            }
            None if self.last_line.elapsed() > PAUSE => self.line(done),
            None => {}
        }
    }

    /// After a validation at `done` steps, described in a few words.
    pub fn validated(&mut self, done: usize, words: &str) {
        self.validation = format!(", val {words}");
        match &self.bar {
            Some(bar) => bar.set_message(format!("loss {:.3}{}", self.loss, self.validation)),
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
        eprintln!(
            "{}: step {done} of {}, loss {:.4}{}{left}",
            self.title, self.steps, self.loss, self.validation
        );
    }

    /// Ends the bar and leaves a line behind.
    pub fn finish(self, words: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        eprintln!("{}: {words}", self.title);
    }
}
