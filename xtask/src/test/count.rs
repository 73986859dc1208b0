//! How many tests a runner ran, from what it printed.

use std::fmt;
use std::ops::Add;

/// Tests by their outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Counts {
    /// One test.
    pub fn one(passed: bool) -> Self {
        Self { passed: passed.into(), failed: (!passed).into(), skipped: 0 }
    }

    /// The sum of all closing lines: cargo's (`test result: ok. 3 passed; 0 failed; 1 ignored`),
    /// Playwright's (`  3 passed (2.1s)`) and that of Node's test runner (`# pass 3`, `ℹ pass 3`).
    pub fn of(printed: &str) -> Self {
        printed.lines().fold(Self::default(), |sum, line| sum + Self::of_line(line))
    }

    fn of_line(line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["test", "result:", _, rest @ ..] => {
                rest.chunks(2).fold(Self::default(), |sum, pair| match pair {
                    [number, outcome] => sum + Self::named(outcome.trim_end_matches(';'), number),
                    _ => sum,
                })
            }
            // What a test says that passed because it could not be run.
            ["SKIPPED:", ..] => Self { skipped: 1, ..Self::default() },
            ["#" | "ℹ", outcome, number] => Self::named(outcome, number),
            [number, outcome] => Self::named(outcome, number),
            [number, outcome, time] if time.starts_with('(') => Self::named(outcome, number),
            _ => Self::default(),
        }
    }

    fn named(outcome: &str, number: &str) -> Self {
        let Ok(number) = number.parse() else { return Self::default() };
        match outcome {
            "passed" | "pass" => Self { passed: number, ..Self::default() },
            "failed" | "fail" | "cancelled" | "interrupted" => {
                Self { failed: number, ..Self::default() }
            }
            "ignored" | "skipped" | "todo" => Self { skipped: number, ..Self::default() },
            _ => Self::default(),
        }
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_every_runner_are_understood() {
        let cargo = "running 3 tests\ntest a ... ok\n\
            test result: ok. 15 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.02s\n\
            test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.10s";
        assert_eq!(Counts::of(cargo), Counts { passed: 16, failed: 3, skipped: 2 });
        let left_out = "SKIPPED: there is no data\ntest result: ok. 2 passed; 0 failed; 0 ignored;";
        assert_eq!(Counts::of(left_out), Counts { passed: 2, failed: 0, skipped: 1 });
        let playwright = "  1 failed\n    [chromium] › page.spec.ts:3:1 › drops\n  2 skipped\n  41 passed (1.2m)\n";
        assert_eq!(Counts::of(playwright), Counts { passed: 41, failed: 1, skipped: 2 });
        let node =
            "ℹ tests 9\nℹ suites 0\nℹ pass 8\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n";
        assert_eq!(Counts::of(node), Counts { passed: 8, failed: 1, skipped: 0 });
        assert_eq!(Counts::of("passed by\n12 examples\n# passwords 4"), Counts::default());
    }

    #[test]
    fn the_closing_line_leaves_out_no_skipped_test() {
        assert_eq!(Counts { passed: 3, failed: 0, skipped: 0 }.to_string(), "3 passed, 0 failed");
        assert_eq!(
            Counts { passed: 3, failed: 1, skipped: 2 }.to_string(),
            "3 passed, 1 failed, 2 skipped"
        );
    }
}
