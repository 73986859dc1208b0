//! Tables inside documents: found, compared, replaced.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

/// Percentage points a figure may move: another processor rounds otherwise, and
/// a few queries of thousands of episodes fall to the other side.
pub const TOLERANCE: f64 = 0.15;

/// What a number of labels may move: ten are given at a time, and few draws decide.
const LABELS_TOLERANCE: f64 = 3.0;

const END: &str = "<!-- end -->";

/// The document with its tables renewed, and which lines say something else.
pub fn renew(text: &str, tables: &BTreeMap<&str, String>) -> Result<(String, Vec<String>)> {
    let mut renewed = text.to_owned();
    let mut differences = Vec::new();
    for (name, table) in tables {
        let begin = begin(name);
        let Some(start) = renewed.find(&begin).map(|at| at + begin.len()) else { continue };
        let length = renewed[start..].find(END).with_context(|| format!("{begin} has no {END}"))?;
        let old = renewed[start..start + length].trim().to_owned();
        let tolerance = if *name == super::LABELS { LABELS_TOLERANCE } else { TOLERANCE };
        differences.extend(compare(&old, table, tolerance));
        renewed.replace_range(start..start + length, &format!("\n{table}\n"));
    }
    Ok((renewed, differences))
}

/// Whether the document has a place for a table of this name.
pub fn has_place(text: &str, name: &str) -> bool {
    text.contains(&begin(name))
}

fn begin(name: &str) -> String {
    format!("<!-- begin: {name} -->")
}

fn compare(old: &str, new: &str, tolerance: f64) -> Vec<String> {
    let mut differences = Vec::new();
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    if old.len() != new.len() {
        return vec![format!("a table has {} lines, {} were measured", old.len(), new.len())];
    }
    for (old, new) in old.into_iter().zip(new) {
        if !alike(old, new, tolerance) {
            differences.push(format!("says `{old}`, measured `{new}`"));
        }
    }
    differences
}

/// The same words, and figures that are close.
fn alike(old: &str, new: &str, tolerance: f64) -> bool {
    let (old, new): (Vec<_>, Vec<_>) =
        (old.split_whitespace().collect(), new.split_whitespace().collect());
    old.len() == new.len()
        && old.iter().zip(new).all(|(old, new)| match (old.parse::<f64>(), new.parse::<f64>()) {
            (Ok(old), Ok(new)) => (old - new).abs() <= tolerance,
            _ => *old == new,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_figure_is_a_difference_and_a_rounded_one_is_not() {
        let text = "x\n<!-- begin: t -->\n| a | 50.00 ± 0.10 |\n<!-- end -->\ny\n";
        let differences =
            |table: &str| renew(text, &BTreeMap::from([("t", table.to_owned())])).unwrap().1;
        assert!(differences("| a | 50.05 ± 0.10 |").is_empty());
        assert_eq!(differences("| a | 50.50 ± 0.10 |").len(), 1);
        assert_eq!(differences("| b | 50.00 ± 0.10 |").len(), 1);
        assert_eq!(differences("| a | – |").len(), 1);
        assert_eq!(differences("| a | 50.00 ± 0.10 |\n| b | 1 |").len(), 1);
    }

    #[test]
    fn renewed_tables_keep_their_place() {
        let text = "x\n<!-- begin: t -->\nold\n<!-- end -->\ny\n";
        let renewed = renew(text, &BTreeMap::from([("t", "new".to_owned())])).unwrap().0;
        assert_eq!(renewed, "x\n<!-- begin: t -->\nnew\n<!-- end -->\ny\n");
        assert!(renew("<!-- begin: t -->", &BTreeMap::from([("t", String::new())])).is_err());
    }
}
