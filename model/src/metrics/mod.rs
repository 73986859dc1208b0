//! What an evaluation reports: means with 95 % intervals, paired differences,
//! accuracy, confusion, and the area under the ROC curve of a rejection score.
//!
//! Plain functions over numbers, in `f64`; episodes are run elsewhere.

mod auroc;
mod confusion;

pub use auroc::auroc;
pub(crate) use auroc::ranked;
pub use confusion::Confusion;

use serde::{Deserialize, Serialize};

/// The two-sided 95 % quantile of the normal distribution, as few-shot papers use it.
const QUANTILE_95: f64 = 1.96;

/// A mean and half the width of its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Mean of the values.
    pub mean: f64,
    /// 1.96 σ / √n; zero for fewer than two values, which tell no spread.
    pub ci95: f64,
    /// How many values there are.
    pub count: usize,
}

impl Interval {
    /// Mean ± 1.96 σ / √n with the unbiased σ; all zero for no values.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len();
        if count == 0 {
            return Self { mean: 0.0, ci95: 0.0, count };
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = if count > 1 { (squares / (count - 1) as f64).sqrt() } else { 0.0 };
        Self { mean, ci95: QUANTILE_95 * deviation / (count as f64).sqrt(), count }
    }

    /// The interval of `after - before`, episode by episode. Both must come from
    /// the same episodes: that removes the spread between episodes, which is far
    /// larger than that between methods.
    ///
    /// # Panics
    /// If the two have different lengths, since they cannot be pairs.
    pub fn of_paired_difference(after: &[f64], before: &[f64]) -> Self {
        assert_eq!(after.len(), before.len(), "pairs come from the same episodes");
        let differences: Vec<f64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
        Self::of(&differences)
    }
}

/// The label of a row of scores, or none where the highest score is shared or a
/// score is NaN. Without this rule features that have collapsed to one point
/// would all be given to the first class and look better than chance.
pub fn decide(scores: &[f32]) -> Option<usize> {
    if scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let best = scores.iter().copied().reduce(f32::max)?;
    let mut winners = scores.iter().enumerate().filter(|(_, score)| **score == best);
    match (winners.next(), winners.next()) {
        (Some((label, _)), None) => Some(label),
        _ => None,
    }
}

/// The share of rows whose [`decide`]d label is the true one; an undecided row
/// counts as wrong. Zero for no rows.
///
/// # Shapes
/// - scores: (Q, N), row by row
/// - truth: (Q)
pub fn accuracy<'a>(
    scores: impl IntoIterator<Item = &'a [f32]>,
    truth: impl IntoIterator<Item = usize>,
) -> f64 {
    let (mut right, mut rows) = (0usize, 0usize);
    for (row, truth) in scores.into_iter().zip(truth) {
        right += usize::from(decide(row) == Some(truth));
        rows += 1;
    }
    if rows == 0 { 0.0 } else { right as f64 / rows as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_of_a_case_done_by_hand() {
        // Mean 3, squares 4 + 1 + 0 + 1 + 4 = 10, σ = √2.5.
        let interval = Interval::of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!((interval.mean, interval.count), (3.0, 5));
        assert!((interval.ci95 - 1.96 * (2.5f64 / 5.0).sqrt()).abs() < 1e-12);
        assert_eq!(Interval::of(&[7.0]), Interval { mean: 7.0, ci95: 0.0, count: 1 });
        assert_eq!(Interval::of(&[]).count, 0);
    }

    #[test]
    fn pairing_removes_what_both_share() {
        let before: Vec<f64> = (0..100).map(f64::from).collect();
        let after: Vec<f64> = before.iter().map(|value| value + 1.0).collect();
        let paired = Interval::of_paired_difference(&after, &before);
        assert_eq!((paired.mean, paired.ci95), (1.0, 0.0));
        assert!(Interval::of(&after).ci95 > 5.0);
    }

    #[test]
    fn ties_and_nan_are_wrong() {
        assert_eq!(decide(&[0.1, 0.7, 0.2]), Some(1));
        assert_eq!(decide(&[0.5, 0.5]), None);
        assert_eq!(decide(&[f32::NAN, 1.0]), None);
        assert_eq!(decide(&[]), None);
        let scores = [[1.0f32, 0.0], [0.5, 0.5], [0.0, 1.0], [0.0, 1.0]];
        let rows = scores.iter().map(<[f32; 2]>::as_slice);
        assert_eq!(accuracy(rows, [0, 0, 1, 0]), 0.5);
    }
}
