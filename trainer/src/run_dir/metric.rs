//! What is measured on validation classes: its name in `metrics.jsonl`, and in words.

use std::collections::BTreeMap;
use std::fmt;

/// One accuracy: at so many shots, hallucinating or not, on the run's own kind of pictures
/// or on a further one. In the order in which a person reads them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// The data set, where it is not the run's own.
    pub data: Option<String>,
    /// Examples of each class.
    pub shots: usize,
    /// Whether the model hallucinates.
    pub hallucinated: bool,
}

impl Metric {
    /// `val_1shot`, `val_5shot_hallucinated`, `caltech101_val_1shot`: a contract.
    #[must_use]
    pub fn name(&self) -> String {
        let data = self.data.as_ref().map_or_else(String::new, |data| format!("{data}_"));
        let hallucinated = if self.hallucinated { "_hallucinated" } else { "" };
        format!("{data}val_{}shot{hallucinated}", self.shots)
    }

    /// The metric of that name; none where it is no accuracy on validation classes.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        // A data set may be called anything, `val_1shot` too: the last part counts.
        let (data, figure) = match name.rsplit_once("_val_") {
            Some((data, figure)) => (Some(data.to_owned()), figure),
            None => (None, name.strip_prefix("val_")?),
        };
        let (plain, hallucinated) = match figure.strip_suffix("_hallucinated") {
            Some(plain) => (plain, true),
            None => (figure, false),
        };
        Some(Self { data, shots: plain.strip_suffix("shot")?.parse().ok()?, hallucinated })
    }
}

/// `caltech101, 1-shot, hallucinated`.
impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(data) = &self.data {
            write!(f, "{data}, ")?;
        }
        let hallucinated = if self.hallucinated { ", hallucinated" } else { "" };
        write!(f, "{}-shot{hallucinated}", self.shots)
    }
}

/// The accuracies among figures by their names.
pub fn of_names(figures: &BTreeMap<String, f64>) -> impl Iterator<Item = (Metric, f64)> {
    figures.iter().filter_map(|(name, value)| Some((Metric::of(name)?, *value)))
}

/// `1-shot 61.20 % (62.10 hallucinating), 5-shot 78.00 %; caltech101: 1-shot 60.10 %`, of
/// fractions.
pub fn words(accuracies: impl IntoIterator<Item = (Metric, f64)>) -> String {
    let mut known: Vec<(Metric, f64)> = accuracies.into_iter().collect();
    known.sort_by(|(one, _), (other, _)| one.cmp(other));
    let kinds = known.chunk_by(|(one, _), (other, _)| one.data == other.data).map(|kind| {
        let shots = kind.chunk_by(|(one, _), (other, _)| one.shots == other.shots).map(of_shots);
        let shots = shots.collect::<Vec<_>>().join(", ");
        kind[0].0.data.as_ref().map_or_else(|| shots.clone(), |data| format!("{data}: {shots}"))
    });
    kinds.collect::<Vec<_>>().join("; ")
}

/// Of one number of shots: without hallucinations, with them, or both.
fn of_shots(both: &[(Metric, f64)]) -> String {
    let [first, rest @ ..] = both else { return String::new() };
    let ((metric, value), percent) = (first, |value: f64| value * 100.0);
    let hallucinating = if metric.hallucinated { " hallucinating" } else { "" };
    let plain = format!("{}-shot {:.2} %{hallucinating}", metric.shots, percent(*value));
    match rest {
        [(_, with)] => format!("{plain} ({:.2} hallucinating)", percent(*with)),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for data in [None, Some("caltech101"), Some("my_val_set"), Some("val_1shot")] {
            for hallucinated in [false, true] {
                let data = data.map(str::to_owned);
                let metric = Metric { data, shots: 10, hallucinated };
                assert_eq!(Metric::of(&metric.name()), Some(metric));
            }
        }
        for other in ["loss", "val_", "val_shot", "val_1shots", "accuracy", "val_1shot_more"] {
            assert_eq!(Metric::of(other), None, "{other}");
        }
    }

    #[test]
    fn accuracies_stand_by_kind_of_pictures_and_number_of_shots() {
        let names = ["val_10shot", "val_1shot", "val_1shot_hallucinated", "val_5shot_hallucinated"];
        let names = names.into_iter().chain(["interval_val_5shot", "loss"]);
        let accuracies = names.map(|name| (name.to_owned(), 0.5)).collect();
        assert_eq!(
            words(of_names(&accuracies)),
            "1-shot 50.00 % (50.00 hallucinating), 5-shot 50.00 % hallucinating, 10-shot 50.00 %; \
             interval: 5-shot 50.00 %"
        );
    }
}
