//! Rows to tables in Markdown.

use std::collections::BTreeMap;

use super::Model;
use super::plan::{DISTANCES, HALLUCINATIONS, HEADS, PHOTOGRAPHS, SHOTS};
use super::trainer::Row;

/// Every table, by the name of its place.
pub fn all(models: &[Model], rows: &[Row]) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("shots", shots(models, rows)),
        ("hallucinations", hallucinations(models, rows)),
        ("distances", distances(models, rows)),
        ("heads", heads(models, rows)),
    ])
}

/// Models by shots, 20-way where it was measured.
fn shots(models: &[Model], rows: &[Row]) -> String {
    let mut lines = vec![heading(&["model", "data"], &SHOTS.map(|k| format!("{k}-shot")))];
    for model in models {
        for ways in [5, 20] {
            let of = |shots: &usize| {
                find(rows, model, |row| row.ways == ways && row.shots == *shots && row.is_own())
            };
            let cells: Vec<_> = SHOTS.iter().map(of).collect();
            if cells.iter().any(Option::is_some) {
                let name =
                    if ways == 5 { model.id.clone() } else { format!("{}, {ways}-way", model.id) };
                lines.push(line(&[name, model.data.clone()], cells.iter().map(|row| mean(*row))));
            }
        }
    }
    lines.join("\n")
}

/// Gain over M = 0 on the same episodes.
fn hallucinations(models: &[Model], rows: &[Row]) -> String {
    let mut lines = vec![heading(
        &["model", "shots", "M = 0"],
        &HALLUCINATIONS[1..].iter().map(|m| format!("M = {m}")).collect::<Vec<_>>(),
    )];
    for model in models {
        for shots in [1, 5] {
            let of = |m: usize| {
                find(rows, model, |row| {
                    row.ways == 5
                        && row.shots == shots
                        && row.hallucinations == m
                        && row.head.is_none()
                })
            };
            let gains = HALLUCINATIONS[1..].iter().map(|&m| match of(m).and_then(|row| row.gain) {
                Some([mean, ci]) => format!("{mean:+.2} ± {ci:.2}"),
                None => "–".to_owned(),
            });
            lines.push(line(&[model.id.clone(), shots.to_string(), mean(of(0))], gains));
        }
    }
    lines.join("\n")
}

fn distances(models: &[Model], rows: &[Row]) -> String {
    let mut lines = vec![heading(&["model", "shots"], &DISTANCES.map(ToOwned::to_owned))];
    for model in models {
        for shots in [1, 5] {
            let cells = DISTANCES.iter().map(|distance| {
                mean(find(rows, model, |row| {
                    let asked = (row.head, row.distance) == (Some("prototype"), Some(*distance));
                    asked && row.shots == shots && row.data == model.data
                }))
            });
            lines.push(line(&[model.id.clone(), shots.to_string()], cells));
        }
    }
    lines.join("\n")
}

/// Models by data and head, on their own kind of classes and on sharp photographs.
fn heads(models: &[Model], rows: &[Row]) -> String {
    let mut lines =
        vec![heading(&["model", "data", "head"], &SHOTS.map(|shots| format!("{shots}-shot")))];
    for model in models.iter().filter(|model| model.data != "omniglot") {
        let mut sets = vec![model.data.as_str(), PHOTOGRAPHS];
        sets.dedup();
        for data in sets {
            for (head, distance, words) in HEADS {
                let cells = SHOTS.iter().map(|shots| {
                    mean(find(rows, model, |row| {
                        (row.head, row.distance) == (Some(head), distance)
                            && row.shots == *shots
                            && row.data == data
                    }))
                });
                lines.push(line(&[model.id.clone(), data.to_owned(), words.to_owned()], cells));
            }
        }
    }
    lines.join("\n")
}

impl Row {
    /// The model as it answers unless it is asked otherwise.
    fn is_own(&self) -> bool {
        self.hallucinations == 0 && self.head.is_none()
    }
}

fn find<'a>(rows: &'a [Row], model: &Model, is: impl Fn(&Row) -> bool) -> Option<&'a Row> {
    rows.iter().find(|row| row.model == model.id && is(row))
}

fn mean(row: Option<&Row>) -> String {
    row.map_or_else(
        || "–".to_owned(),
        |Row { accuracy: [mean, ci], .. }| format!("{mean:.2} ± {ci:.2}"),
    )
}

fn heading(names: &[&str], values: &[String]) -> String {
    let names = names.iter().map(|name| (*name).to_owned());
    let all: Vec<_> = names.chain(values.iter().cloned()).collect();
    let rule: Vec<_> = all.iter().map(|_| "---").collect();
    format!("| {} |\n| {} |", all.join(" | "), rule.join(" | "))
}

fn line(names: &[String], cells: impl Iterator<Item = String>) -> String {
    let all: Vec<_> = names.iter().cloned().chain(cells).collect();
    format!("| {} |", all.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_find_their_cells() {
        let models =
            [Model { id: "a".into(), file: "a.safetensors".into(), data: "omniglot".into() }];
        let row = |ways, shots, hallucinations, mean, gain| Row {
            model: "a".into(),
            ways,
            shots,
            data: "omniglot".into(),
            head: None,
            distance: None,
            hallucinations,
            accuracy: [mean, 0.1],
            gain,
        };
        let rows = [
            row(5, 1, 0, 98.0, None),
            row(5, 1, 10, 98.5, Some([0.5, 0.05])),
            row(20, 5, 0, 97.0, None),
        ];
        let tables = all(&models, &rows);
        assert!(tables["shots"].contains("| a | omniglot | 98.00 ± 0.10 | – | – |"));
        assert!(tables["shots"].contains("| a, 20-way | omniglot | – | 97.00 ± 0.10 | – |"));
        assert!(tables["hallucinations"].contains("| a | 1 | 98.00 ± 0.10 | – | +0.50 ± 0.05 |"));
        assert!(tables["distances"].contains("| a | 1 | – | – | – |"));
    }
}
