//! Several measurements of one thing, and how they are told.

use std::fmt;

/// Smallest, middle and largest of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub min: f64,
    pub median: f64,
    pub max: f64,
}

impl Spread {
    /// Of at least one value; nothing measured is not a number.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let median = if sorted.len().is_multiple_of(2) && middle > 0 {
            f64::midpoint(at(middle - 1), at(middle))
        } else {
            at(middle)
        };
        Self { min: at(0), median, max: at(sorted.len().saturating_sub(1)) }
    }
}

/// One contender's milliseconds, a value for each round.
#[derive(Clone, Debug)]
pub struct Timed {
    pub name: String,
    pub ms: Vec<f64>,
}

impl Timed {
    pub fn median(&self) -> f64 {
        Spread::of(&self.ms).median
    }
}

/// What a figure should be: it must reach the first, and aims at the second.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    pub must: f64,
    pub aim: f64,
}

impl Goal {
    /// How a figure that should be large stands to it.
    pub fn at_least(self, value: f64) -> Verdict {
        Verdict::of(value >= self.must, value >= self.aim)
    }

    /// How a figure that should be small stands to it.
    pub fn at_most(self, value: f64) -> Verdict {
        Verdict::of(value <= self.must, value <= self.aim)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Missed,
    Must,
    Aim,
}

impl Verdict {
    fn of(must: bool, aim: bool) -> Self {
        match (must, aim) {
            (_, true) => Self::Aim,
            (true, false) => Self::Must,
            (false, false) => Self::Missed,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aim => "aim met",
            Self::Must => "must met",
            Self::Missed => "**missed**",
        })
    }
}

/// The same work by us and by peers, round after round.
#[derive(Clone, Debug)]
pub struct Duel {
    pub what: String,
    pub ours: Timed,
    /// Every peer, in each of its settings.
    pub peers: Vec<Timed>,
    pub goal: Goal,
}

impl Duel {
    /// The peer with the smallest median.
    pub fn fastest_peer(&self) -> Option<&Timed> {
        self.peers.iter().min_by(|a, b| a.median().total_cmp(&b.median()))
    }

    /// How many times longer the fastest peer took, round by round.
    pub fn ratio(&self) -> Spread {
        let peer = self.fastest_peer().map(|peer| peer.ms.as_slice()).unwrap_or_default();
        let ratios: Vec<f64> = peer.iter().zip(&self.ours.ms).map(|(peer, us)| peer / us).collect();
        Spread::of(&ratios)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(name: &str, ms: &[f64]) -> Timed {
        Timed { name: name.into(), ms: ms.to_vec() }
    }

    #[test]
    fn the_fastest_peer_counts_round_by_round() {
        let duel = Duel {
            what: "encoding".into(),
            ours: timed("ours", &[1.0, 2.0, 1.0]),
            peers: vec![timed("slow", &[9.0, 9.0, 9.0]), timed("fast", &[3.0, 4.0, 5.0])],
            goal: Goal { must: 2.0, aim: 3.0 },
        };
        assert_eq!(duel.fastest_peer().unwrap().name, "fast");
        assert_eq!(duel.ratio(), Spread { min: 2.0, median: 3.0, max: 5.0 });
        assert_eq!(duel.goal.at_least(duel.ratio().median), Verdict::Aim);
    }

    #[test]
    fn goals_have_two_steps_in_both_directions() {
        let small = Goal { must: 400.0, aim: 100.0 };
        assert_eq!(
            [99.0, 400.0, 401.0].map(|ms| small.at_most(ms)),
            [Verdict::Aim, Verdict::Must, Verdict::Missed]
        );
        let large = Goal { must: 2.0, aim: 3.0 };
        assert_eq!(large.at_least(f64::NAN), Verdict::Missed);
        assert_eq!(Spread::of(&[4.0, 1.0]).median, 2.5);
    }
}
