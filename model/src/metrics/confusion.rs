//! Which class was taken for which.

use serde::{Deserialize, Serialize};

/// Counts of (true class, predicted class).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// No counts yet, of `classes` classes.
    pub fn new(classes: usize) -> Self {
        Self { classes, counts: vec![0; classes * classes] }
    }

    /// Counts one prediction.
    ///
    /// # Panics
    /// If a class is out of range.
    pub fn record(&mut self, truth: usize, predicted: usize) {
        assert!(truth < self.classes && predicted < self.classes, "class out of range");
        self.counts[truth * self.classes + predicted] += 1;
    }

    /// How often `truth` was taken for `predicted`.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.counts[truth * self.classes + predicted]
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// A row a true class.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks_exact(self.classes.max(1))
    }

    /// The share on the diagonal; zero while nothing is counted.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.classes).map(|class| self.count(class, class)).sum();
        let all: u64 = self.counts.iter().sum();
        if all == 0 { 0.0 } else { right as f64 / all as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_truth_and_the_diagonal_is_right() {
        let mut confusion = Confusion::new(3);
        for (truth, predicted) in [(0, 0), (0, 2), (1, 1), (2, 2)] {
            confusion.record(truth, predicted);
        }
        let rows: Vec<&[u64]> = confusion.rows().collect();
        assert_eq!(rows, [[1, 0, 1], [0, 1, 0], [0, 0, 1]]);
        assert_eq!(confusion.accuracy(), 0.75);
        assert_eq!(Confusion::new(2).accuracy(), 0.0);
    }
}
