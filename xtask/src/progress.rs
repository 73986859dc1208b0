//! What a person reads while a step runs: one line when it starts, one with its time when it ends.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Runs `work` between a line that says what it does and a line that says how long it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("» {what}");
    let started = Instant::now();
    let result = work();
    let mark = if result.is_ok() { "✓" } else { "✗" };
    eprintln!("{mark} {what}: {}", seconds(started.elapsed()));
    result
}

/// Says in one line why a step has nothing to do.
pub fn unchanged(what: &str, why: &str) {
    eprintln!("✓ {what}: {why}");
}

/// A duration as a person reads it: `0.4 s`, `12.3 s`, `4 min 05 s`.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 100 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well_at_every_size() {
        assert_eq!(seconds(Duration::from_millis(420)), "0.4 s");
        assert_eq!(seconds(Duration::from_millis(99_900)), "99.9 s");
        assert_eq!(seconds(Duration::from_secs(245)), "4 min 05 s");
    }
}
