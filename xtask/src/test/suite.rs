//! The steps of a test run: each is timed and none stops another; a table closes the run.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use super::count::Counts;
use crate::progress::{seconds, step};

/// Steps that ran so far.
#[derive(Default)]
pub struct Suite {
    rows: Vec<Row>,
}

struct Row {
    name: String,
    /// Why it failed or was left out.
    note: Option<String>,
    counts: Counts,
    elapsed: Duration,
}

impl Suite {
    /// A step that passes or fails as a whole, and counts as one. `None` when it failed.
    pub fn check<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        let started = Instant::now();
        let result = step(name, work);
        let (value, note) = match result {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        self.add(name, note.clone(), Counts::one(note.is_none()), started);
        value
    }

    /// A step that runs tests: whether the runner succeeded, and all it printed.
    pub fn tests(&mut self, name: &str, work: impl FnOnce() -> Result<(bool, String)>) {
        let started = Instant::now();
        let mut counts = Counts::default();
        let result = step(name, || {
            let (succeeded, printed) = work()?;
            counts = Counts::of(&printed);
            match (succeeded, counts.passed, counts.failed) {
                (true, 0, 0) => Err(anyhow!("it ran no test")),
                (true, _, 0) => Ok(()),
                (false, _, 0) => {
                    Err(anyhow!("it failed before its tests; its message stands above"))
                }
                (_, _, failed) => Err(anyhow!("{failed} failed; their messages stand above")),
            }
        });
        let note = result.err().map(|error| format!("{error:#}"));
        if note.is_some() {
            counts.failed = counts.failed.max(1);
        }
        self.add(name, note, counts, started);
    }

    /// A step that cannot run, and why.
    pub fn skip(&mut self, name: &str, why: &str) {
        eprintln!("- {name}: left out, {why}");
        let counts = Counts { skipped: 1, ..Counts::default() };
        self.add(name, Some(format!("left out: {why}")), counts, Instant::now());
    }

    /// Prints the table and the closing line, and says how the process ends; where all is to
    /// be `complete`, not well if anything was left out.
    pub fn finish(self, complete: bool) -> ExitCode {
        println!("\n{}", self.table());
        let total = self.rows.iter().fold(Counts::default(), |sum, row| sum + row.counts);
        println!("{total}");
        let fails = total.failed > 0 || (complete && total.skipped > 0);
        if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn table(&self) -> String {
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        let rows = self.rows.iter().map(|row| {
            let mark = match row.counts {
                Counts { failed: 1.., .. } => "✗",
                Counts { passed: 0, .. } => "-",
                _ => "✓",
            };
            let time = seconds(row.elapsed);
            let note = row.note.as_ref().map(|note| format!("  {note}")).unwrap_or_default();
            format!("{mark} {:width$}  {time:>12}  {:>5}{note}\n", row.name, row.counts.passed)
        });
        rows.collect()
    }

    fn add(&mut self, name: &str, note: Option<String>, counts: Counts, started: Instant) {
        self.rows.push(Row { name: name.to_owned(), note, counts, elapsed: started.elapsed() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_runs_and_is_counted() {
        let mut suite = Suite::default();
        assert_eq!(suite.check("works", || Ok(7)), Some(7));
        assert_eq!(suite.check("breaks", || Err::<(), _>(anyhow!("no disk"))), None);
        suite.tests("counted", || {
            Ok((true, "test result: ok. 4 passed; 0 failed; 1 ignored;".into()))
        });
        suite.tests("empty", || Ok((true, String::new())));
        suite.skip("later", "no browser");
        let table = suite.table();
        for expected in ["✓ works", "✗ breaks", "no disk", "✓ counted", "ran no test", "- later"]
        {
            assert!(table.contains(expected), "{expected} is not in\n{table}");
        }
        let total = suite.rows.iter().fold(Counts::default(), |sum, row| sum + row.counts);
        assert_eq!(total.to_string(), "5 passed, 2 failed, 2 skipped");
    }
}
