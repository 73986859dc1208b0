//! In what recipes differ from one another.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use toml::Value;

use super::Recipe;

/// For each recipe, the values that not all of them have: by dotted keys as `--set` takes
/// them, with the value as TOML; a key that a recipe lacks is not in its list. What a
/// recipe is called is none of them.
///
/// # Errors
/// Never in practice.
pub fn differences<'a>(
    recipes: impl IntoIterator<Item = &'a Recipe>,
) -> Result<Vec<BTreeMap<String, String>>> {
    let mut all = Vec::new();
    for recipe in recipes {
        let mut flat = BTreeMap::new();
        flatten("", &Value::Table(recipe.to_table()?), &mut flat);
        flat.remove("name");
        all.push(flat);
    }
    let keys: BTreeSet<String> = all.iter().flat_map(BTreeMap::keys).cloned().collect();
    let shared = |key: &String| all.iter().all(|flat| flat.get(key) == all[0].get(key));
    let shared: Vec<String> = keys.into_iter().filter(shared).collect();
    for flat in &mut all {
        flat.retain(|key, _| shared.binary_search(key).is_err());
    }
    Ok(all)
}

fn flatten(prefix: &str, value: &Value, flat: &mut BTreeMap<String, String>) {
    let below =
        |key: &str| if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                flatten(&below(key), value, flat);
            }
        }
        Value::Array(values) if values.iter().any(Value::is_table) => {
            for (index, value) in values.iter().enumerate() {
                flatten(&below(&index.to_string()), value, flat);
            }
        }
        Value::String(text) => drop(flat.insert(prefix.to_owned(), text.clone())),
        value => drop(flat.insert(prefix.to_owned(), value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_have_is_left_out() -> Result<()> {
        let find = |changes: &[&str]| {
            let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
            Recipe::find("synthetic", &changes)
        };
        let recipes = [find(&[])?, find(&["seed=4", "stage.0.epochs=3"])?, find(&["seed=4"])?];
        let found = differences(&recipes)?;
        let keys: Vec<&String> = found[1].keys().collect();
        assert_eq!(keys, ["seed", "stage.0.epochs"]);
        assert_eq!((found[1]["seed"].as_str(), found[0]["seed"].as_str()), ("4", "0"));
        assert_eq!(found[1]["stage.0.epochs"], "3");
        assert!(differences(&recipes[..1])?[0].is_empty());
        Ok(())
    }
}
