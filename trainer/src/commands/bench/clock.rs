//! Timing: the median of repetitions, after a warm-up.

use std::time::{Duration, Instant};

use anyhow::Result;
use candle_core::Device;

/// Repetitions that are not counted: memory is asked for, caches fill.
const WARM_UP: usize = 2;
/// Repetitions that are counted, however long they take.
const FEWEST: usize = 3;

/// How long and where to measure.
#[derive(Debug)]
pub(super) struct Clock {
    pub at_least: Duration,
    pub device: Device,
}

impl Clock {
    /// Seconds that one repetition of `work` takes, the median.
    pub fn time(&self, mut work: impl FnMut() -> Result<()>) -> Result<f64> {
        let [seconds] = self.parts(|lap| {
            work()?;
            lap()
        })?;
        Ok(seconds)
    }

    /// Seconds that each of the `N` parts of `work` takes, the medians. `work`
    /// is given a function that it calls at the end of each part.
    pub fn parts<const N: usize>(
        &self,
        mut work: impl FnMut(&mut dyn FnMut() -> Result<()>) -> Result<()>,
    ) -> Result<[f64; N]> {
        let mut seconds: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
        let mut counted_from = Instant::now();
        let mut repetition = 0;
        loop {
            let mut part = 0;
            let mut started = Instant::now();
            work(&mut || {
                // A GPU has only been told what to do; wait until it is done.
                self.device.synchronize()?;
                if let (Some(seconds), true) = (seconds.get_mut(part), repetition >= WARM_UP) {
                    seconds.push(started.elapsed().as_secs_f64());
                }
                part += 1;
                started = Instant::now();
                Ok(())
            })?;
            repetition += 1;
            if repetition == WARM_UP {
                counted_from = Instant::now();
            }
            let enough = repetition >= WARM_UP + FEWEST && counted_from.elapsed() >= self.at_least;
            if enough {
                return Ok(seconds.map(median));
            }
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count if count.is_multiple_of(2) => f64::midpoint(values[count / 2 - 1], values[count / 2]),
        count => values[count / 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_even_and_odd_counts() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn parts_are_told_apart_and_the_warm_up_is_not_counted() -> Result<()> {
        let clock = Clock { at_least: Duration::ZERO, device: Device::Cpu };
        let mut repetitions = 0;
        let [long, short] = clock.parts(|lap| {
            repetitions += 1;
            std::thread::sleep(Duration::from_millis(4));
            lap()?;
            lap()
        })?;
        assert_eq!(repetitions, WARM_UP + FEWEST);
        assert!(long > 0.003 && short < long, "{long} {short}");
        Ok(())
    }
}
