//! The learning rate at a step.

use crate::recipe::Schedule;

/// The rate of `step` (from 0) in a stage of `steps`.
pub(super) fn rate(schedule: &Schedule, step: usize, steps: usize) -> f32 {
    match *schedule {
        Schedule::Halving { rate, every } => {
            let halvings = i32::try_from(step / every).unwrap_or(i32::MAX);
            rate * 0.5f32.powi(halvings)
        }
        Schedule::Cosine { rate, warm_up } if step < warm_up => {
            rate * (step + 1) as f32 / warm_up as f32
        }
        Schedule::Cosine { rate, warm_up } => {
            let length = steps.saturating_sub(warm_up).max(1) as f32;
            let done = (step - warm_up) as f32 / length;
            rate * 0.5 * (1.0 + (std::f32::consts::PI * done).cos())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_cases_done_by_hand() {
        let halving = Schedule::Halving { rate: 0.4, every: 10 };
        assert_eq!([0, 9, 10, 25].map(|step| rate(&halving, step, 30)), [0.4, 0.4, 0.2, 0.1]);
        let cosine = Schedule::Cosine { rate: 1.0, warm_up: 4 };
        assert_eq!([0, 3, 4].map(|step| rate(&cosine, step, 24)), [0.25, 1.0, 1.0]);
        assert!((rate(&cosine, 14, 24) - 0.5).abs() < 1e-6);
        assert!(rate(&cosine, 23, 24) < 0.01);
    }
}
