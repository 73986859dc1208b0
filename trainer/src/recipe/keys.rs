//! Keys that no structure reads: a misspelt key must not be passed over.

use anyhow::{Result, bail};
use toml::{Table, Value};

/// Checks that every key of `given` is among those `resolved` was written with.
///
/// # Errors
/// Names the first that is not, and the nearest that is known beside it.
pub fn check_known(given: &Table, resolved: &Table) -> Result<()> {
    walk(given, resolved, "")
}

fn walk(given: &Table, resolved: &Table, path: &str) -> Result<()> {
    for (key, value) in given {
        let at = format!("{path}{key}");
        match (value, resolved.get(key)) {
            (_, None) => {
                let near = nearest(key, resolved.keys().map(String::as_str));
                match near {
                    Some(near) => bail!("there is no key '{at}'; did you mean '{path}{near}'?"),
                    None => bail!("there is no key '{at}'"),
                }
            }
            (Value::Table(given), Some(Value::Table(resolved))) => {
                walk(given, resolved, &format!("{at}."))?;
            }
            (Value::Array(given), Some(Value::Array(resolved))) => {
                for (index, (given, resolved)) in given.iter().zip(resolved).enumerate() {
                    if let (Value::Table(given), Value::Table(resolved)) = (given, resolved) {
                        walk(given, resolved, &format!("{at}.{index}."))?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The candidate with the fewest letters to change.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates.min_by_key(|candidate| edits(name, candidate))
}

/// Levenshtein's distance, by letters.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_needs_the_fewest_changes() {
        assert_eq!((edits("", "abc"), edits("kitten", "sitting"), edits("a", "a")), (3, 3, 0));
        assert_eq!(nearest("epoch", ["batch", "epochs", "rate"].into_iter()), Some("epochs"));
    }
}
