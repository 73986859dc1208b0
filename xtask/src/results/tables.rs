//! Rows to tables in Markdown.

use std::collections::BTreeMap;

use super::Model;
use super::plan::{CONTEXTS, DISTANCES, Evaluation, FEW, HEADS, IMBALANCES, MANY, SHOTS, sets};
use super::trainer::Row;

/// Every table, by the name of its place.
pub fn all(models: &[Model], rows: &[Row]) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("shots", shots(models, rows)),
        ("hallucinations", hallucinations(models, rows)),
        ("distances", distances(models, rows)),
        ("heads", heads(models, rows)),
        ("contexts", contexts(models, rows)),
    ])
}

/// Models by shots, 20-way where it was measured.
fn shots(models: &[Model], rows: &[Row]) -> String {
    let mut lines = vec![heading(&["model", "data"], &SHOTS.map(|k| format!("{k}-shot")))];
    for model in models {
        for ways in [5, 20] {
            let of = |shots: &usize| {
                find(rows, model, &model.data, *shots, |row| row.asked.ways == ways && row.is_own())
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

/// Gain over M = 0 on the same episodes, at home and on photographs.
fn hallucinations(models: &[Model], rows: &[Row]) -> String {
    let counts = [&FEW[1..], &MANY[1..]].concat();
    let mut lines = vec![heading(
        &["model", "data", "shots", "M = 0"],
        &counts.iter().map(|m| format!("M = {m}")).collect::<Vec<_>>(),
    )];
    for model in models {
        for data in sets(model) {
            for shots in SHOTS {
                let of = |m: usize| {
                    find(rows, model, &data, shots, |row| {
                        row.asked.hallucinations.len() > 1 && row.hallucinations == m
                    })
                };
                let gains = counts.iter().map(|&m| match of(m).and_then(|row| row.gain) {
                    Some([mean, ci]) => format!("{mean:+.2} ± {ci:.2}"),
                    None => "–".to_owned(),
                });
                let names = [model.id.clone(), data.clone(), shots.to_string(), mean(of(0))];
                lines.push(line(&names, gains));
            }
        }
    }
    lines.join("\n")
}

fn distances(models: &[Model], rows: &[Row]) -> String {
    let mut lines = vec![heading(&["model", "shots"], &DISTANCES.map(ToOwned::to_owned))];
    for model in models {
        for shots in [1, 5] {
            let cells = DISTANCES.iter().map(|distance| {
                mean(find(rows, model, &model.data, shots, |Row { asked, .. }| {
                    (asked.head, asked.distance) == (Some("prototype"), Some(*distance))
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
        for data in sets(model) {
            for (head, distance, words) in HEADS {
                let cells = SHOTS.iter().map(|shots| {
                    mean(find(rows, model, &data, *shots, |Row { asked, .. }| {
                        (asked.head, asked.distance) == (Some(head), distance)
                    }))
                });
                lines.push(line(&[model.id.clone(), data.clone(), words.to_owned()], cells));
            }
        }
    }
    lines.join("\n")
}

/// Models by context, with as many queries of each class and with shares that differ.
fn contexts(models: &[Model], rows: &[Row]) -> String {
    let columns = IMBALANCES.map(|imbalance| {
        let queries = imbalance.map_or("balanced".to_owned(), |alpha| format!("α = {alpha}"));
        [1, 5].map(|shots| format!("{shots}-shot, {queries}"))
    });
    let mut lines = vec![heading(&["model", "data", "context"], columns.as_flattened())];
    for model in models.iter().filter(|model| model.data != "omniglot") {
        for (context, words) in CONTEXTS {
            let cells = IMBALANCES.iter().flat_map(|imbalance| {
                [1, 5].map(|shots| {
                    mean(find(rows, model, &model.data, shots, |Row { asked, .. }| {
                        (asked.context, asked.imbalance) == (Some(context), *imbalance)
                    }))
                })
            });
            let names = [model.id.clone(), model.data.clone(), format!("{context}: {words}")];
            lines.push(line(&names, cells));
        }
    }
    lines.join("\n")
}

impl Row {
    /// The model as it answers unless it is asked otherwise.
    fn is_own(&self) -> bool {
        let asked = &self.asked;
        self.hallucinations == 0
            && asked.hallucinations != MANY
            && (asked.head, asked.context) == (None, None)
    }
}

fn find<'a>(
    rows: &'a [Row],
    model: &Model,
    data: &str,
    shots: usize,
    is: impl Fn(&Row) -> bool,
) -> Option<&'a Row> {
    rows.iter().find(|row| {
        let Evaluation { model: of, data: on, .. } = &row.asked;
        (of, on.as_str(), row.shots) == (&model.id, data, shots) && is(row)
    })
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
        let row = |ways, shots, asked: &[usize], hallucinations, mean, gain| Row {
            asked: Evaluation {
                model: "a".into(),
                data: "omniglot".into(),
                ways,
                hallucinations: asked.to_vec(),
                ..Evaluation::default()
            },
            shots,
            hallucinations,
            accuracy: [mean, 0.1],
            gain,
        };
        let rows = [
            row(5, 1, &FEW, 0, 98.0, None),
            row(5, 1, &FEW, 10, 98.5, Some([0.5, 0.05])),
            row(5, 1, &MANY, 0, 97.0, None),
            row(5, 1, &MANY, 50, 97.4, Some([0.4, 0.1])),
            row(20, 5, &[0], 0, 97.0, None),
        ];
        let tables = all(&models, &rows);
        assert!(tables["shots"].contains("| a | omniglot | 98.00 ± 0.10 | – | – |"));
        assert!(tables["shots"].contains("| a, 20-way | omniglot | – | 97.00 ± 0.10 | – |"));
        assert!(
            tables["hallucinations"].contains(
                "| a | omniglot | 1 | 98.00 ± 0.10 | – | +0.50 ± 0.05 | +0.40 ± 0.10 | – |"
            )
        );
        assert!(tables["distances"].contains("| a | 1 | – | – | – |"));
    }
}
