//! `cargo xtask bench profile`: where the time of a training episode goes.

use anyhow::Result;

use super::native::{Report, Trainer};
use super::ratio::Goal;
use super::table::{markdown, ms};
use crate::progress::step;
use crate::workspace::Workspace;

/// Hallucinated features a class, each with a column.
const HALLUCINATE: [&str; 3] = ["0", "10", "100"];
/// How many times the last may take as long as the first.
const TIMES: Goal = Goal { must: 3.0, aim: 3.0 };

pub fn run(workspace: &Workspace) -> Result<String> {
    let trainer = Trainer::build(workspace)?;
    let mut reports = Vec::new();
    for count in HALLUCINATE {
        let what = format!("parts of a 5-way 5-shot training episode, M = {count}");
        reports.push(step(&what, || {
            trainer.bench(&["profile", "--hallucinate", count, "--seconds", "3"])
        })?);
    }
    Ok(format!("{}\n\n{}", table(&reports), times(&reports)))
}

/// What most hallucinated features cost, told as a multiple of none.
fn times(reports: &[Report]) -> String {
    let [none, .., most] = reports else { return String::new() };
    let times = most.ms_per_batch / none.ms_per_batch;
    let [first, .., last] = HALLUCINATE;
    let verdict = TIMES.at_most(times);
    format!(
        "An episode with M = {last} takes **{times:.2} times** as long as one with M = {first} \
         (at most {} asked for: {verdict}).",
        TIMES.must
    )
}

fn table(reports: &[Report]) -> String {
    let heads: Vec<String> = HALLUCINATE.iter().map(|count| format!("M = {count}, ms")).collect();
    let head: Vec<&str> =
        std::iter::once("").chain(heads.iter().flat_map(|head| [head.as_str(), "%"])).collect();
    let mut rows = Vec::new();
    for (index, (name, _)) in reports[0].stages_ms.iter().enumerate() {
        let cells = reports.iter().flat_map(|report| {
            let part = report.stages_ms.get(index).map_or(f64::NAN, |(_, part)| *part);
            [ms(part), format!("{:.0}", 100.0 * part / report.ms_per_batch)]
        });
        rows.push(std::iter::once(name.clone()).chain(cells).collect());
    }
    let total = reports.iter().flat_map(|report| [ms(report.ms_per_batch), "100".into()]);
    rows.push(std::iter::once("**together**".to_owned()).chain(total).collect());
    let beside =
        reports.iter().flat_map(|report| [ms(report.pictures_ms.unwrap_or(f64::NAN)), "–".into()]);
    let name = "pictures: crop, flip, colour, normalise (on a thread beside)";
    rows.push(std::iter::once(name.to_owned()).chain(beside).collect());
    markdown(&head, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_whole_and_what_runs_beside_has_none() {
        let report = || Report {
            ms_per_batch: 200.0,
            peak_memory_bytes: None,
            stages_ms: vec![("encoder forward".into(), 50.0), ("optimizer".into(), 150.0)],
            pictures_ms: Some(30.0),
        };
        let times = times(&[report(), report()]);
        assert!(times.contains("**1.00 times**") && times.contains("met"), "{times}");
        let table = table(&[report(), report()]);
        assert!(table.contains("| encoder forward | 50.0 | 25 | 50.0 | 25 |"), "{table}");
        assert!(table.contains("| **together** | 200 | 100 | 200 | 100 |"), "{table}");
        assert!(table.ends_with("| 30.0 | – | 30.0 | – |"), "{table}");
    }
}
