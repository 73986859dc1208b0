//! What weights record of how they were made, in words. What is not known here is told as it
//! is recorded.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::commands::publish::cards;
use crate::run_dir::metric;
use crate::seen;

pub(super) fn words(name: &str, value: &Value) -> String {
    let known = match (name, value) {
        ("validation", Value::Object(accuracies)) => validation(accuracies),
        ("scores", Value::Object(splits)) => scores(splits),
        (seen::ALSO, Value::Array(sets)) => sets.iter().map(also).collect::<Option<Vec<_>>>(),
        ("start", Value::Object(_)) => past(value),
        (_, Value::Object(record)) => split(record).map(|split| vec![split]),
        (_, Value::String(text)) => Some(vec![text.clone()]),
        _ => None,
    };
    known.map_or_else(|| value.to_string(), |parts| parts.join("; "))
}

/// A split: its numbers, and the first of its classes.
fn split(record: &Map<String, Value>) -> Option<String> {
    let names = seen::named(record)?;
    let number = |key: &str| record.get(key).and_then(Value::as_u64).unwrap_or(0);
    let first = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    let more = if names.len() > 3 { ", …" } else { "" };
    Some(format!("{} classes, {} pictures: {first}{more}", number("classes"), number("images")))
}

/// A further data set and what was seen of it.
fn also(set: &Value) -> Option<String> {
    let set = set.as_object()?;
    let data = set.get("data")?.as_str()?;
    let splits = set.iter().filter_map(|(name, value)| {
        let classes = value.as_object()?.get("classes")?;
        Some(format!("{classes} {name} classes"))
    });
    Some(format!("{data}, {}", splits.collect::<Vec<_>>().join(", ")))
}

/// The data sets that the file which a run began with had seen, and the one before it.
fn past(record: &Value) -> Option<Vec<String>> {
    let mut sets = vec![also(record)?];
    let more = record.get(seen::ALSO).and_then(Value::as_array).into_iter().flatten();
    sets.extend(more.map(also).collect::<Option<Vec<_>>>()?);
    if let Some(before) = record.get("start") {
        sets.extend(past(before)?);
    }
    Some(sets)
}

/// Accuracies by the names of what they measure.
fn validation(accuracies: &Map<String, Value>) -> Option<Vec<String>> {
    let fraction = |(name, value): (&String, &Value)| Some((name.clone(), value.as_f64()?));
    let fractions = accuracies.iter().map(fraction).collect::<Option<BTreeMap<_, _>>>()?;
    Some(vec![metric::words(metric::of_names(&fractions))])
}

/// Of each split, accuracies with their intervals by protocol.
fn scores(splits: &Map<String, Value>) -> Option<Vec<String>> {
    let of_split = |(split, protocols): (&String, &Value)| {
        let score = |(protocol, score): (&String, &Value)| {
            let percent = |key: &str| Some(100.0 * score.get(key)?.as_f64()?);
            let (accuracy, ci95) = (percent("accuracy")?, percent("ci95")?);
            Some(format!("{} {accuracy:.2} ± {ci95:.2} %", cards::in_words(protocol)))
        };
        let scores = protocols.as_object()?.iter().map(score).collect::<Option<Vec<_>>>()?;
        Some(format!("{split}: {}", scores.join(", ")))
    };
    splits.iter().map(of_split).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_known_is_told_in_words_and_the_rest_as_it_is() {
        let names = json!(["a", "b", "c", "d"]);
        let split = json!({"classes": 4, "images": 80, "names": names});
        let score = json!({"accuracy": 0.5, "ci95": 0.012});
        let cases = [
            ("recipe", json!("synthetic"), "synthetic"),
            ("seed", json!(7), "7"),
            ("train", split.clone(), "4 classes, 80 pictures: a, b, c, …"),
            ("also", json!([{"data": "more", "train": split}]), "more, 4 train classes"),
            (
                "start",
                json!({"data": "a", "train": split, "also": [{"data": "b", "val": split}],
                    "start": {"data": "c", "train": split}}),
                "a, 4 train classes; b, 4 val classes; c, 4 train classes",
            ),
            ("start", json!({}), "{}"),
            ("validation", json!({"val_1shot": 0.5}), "1-shot 50.00 %"),
            ("validation", json!({"val_1shot": "half"}), r#"{"val_1shot":"half"}"#),
            ("scores", json!({"val": {"5w1s": score}}), "val: 5-way 1-shot 50.00 ± 1.20 %"),
            ("scores", json!({"val": 0.5}), r#"{"val":0.5}"#),
            ("also", json!(["more"]), r#"["more"]"#),
        ];
        for (name, value, expected) in cases {
            assert_eq!(words(name, &value), expected);
        }
    }
}
