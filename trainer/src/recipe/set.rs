//! One value of a recipe changed: `--set model.distance=cosine`.
//!
//! A dotted key walks tables; within `stage` a part is the number of a stage,
//! from 0, or its kind, which means every stage of that kind.

use anyhow::{Result, bail};
use toml::{Table, Value};

use super::keys::nearest;

/// Makes one change, `key=value`; the value is TOML, or else text as it stands.
///
/// # Errors
/// Where it has no `=`, or the key leads nowhere. Unknown last parts are found
/// when the recipe is read.
pub fn apply(table: &mut Table, change: &str) -> Result<()> {
    let Some((key, text)) = change.split_once('=') else {
        bail!("'{change}' is no change; write key=value, such as seed=1");
    };
    let parts: Vec<&str> = key.trim().split('.').collect();
    if parts.iter().any(|part| part.is_empty()) {
        bail!("'{key}' is no key; write the parts with single dots, such as model.distance");
    }
    put(table, &parts, &parse(text.trim()), key)
}

/// The key that a change is of; empty where it has none.
pub fn key(change: &str) -> &str {
    change.split_once('=').map_or("", |(key, _)| key.trim())
}

fn parse(text: &str) -> Value {
    let read = format!("value = {text}").parse::<Table>().ok();
    read.and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

fn put(table: &mut Table, parts: &[&str], value: &Value, key: &str) -> Result<()> {
    let (part, rest) = (parts[0], &parts[1..]);
    if rest.is_empty() {
        table.insert(part.to_owned(), value.clone());
        return Ok(());
    }
    let inner = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
    match inner {
        Value::Table(inner) => put(inner, rest, value, key),
        Value::Array(stages) => put_in_stages(stages, rest, value, key),
        _ => bail!("'{key}' leads nowhere: '{part}' is a single value"),
    }
}

fn put_in_stages(stages: &mut [Value], parts: &[&str], value: &Value, key: &str) -> Result<()> {
    let (part, rest) = (parts[0], &parts[1..]);
    let kinds: Vec<String> = stages
        .iter()
        .map(|stage| stage.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned())
        .collect();
    let number = part.parse::<usize>().ok();
    let mut found = false;
    for (index, (stage, kind)) in stages.iter_mut().zip(&kinds).enumerate() {
        if number != Some(index) && kind != part {
            continue;
        }
        found = true;
        match stage {
            Value::Table(stage) if !rest.is_empty() => put(stage, rest, value, key)?,
            _ => bail!("'{key}' names a whole stage; write which of its values, as {key}.NAME"),
        }
    }
    if !found {
        let near = nearest(part, kinds.iter().map(String::as_str)).unwrap_or("0");
        bail!(
            "there is no stage '{part}' for '{key}'; did you mean 'stage.{near}'? The stages are {}",
            kinds.join(", ")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lists_and_words_are_told_apart() -> Result<()> {
        let mut table: Table =
            "[[stage]]\nkind = 'a'\n[[stage]]\nkind = 'b'\n[[stage]]\nkind = 'a'".parse()?;
        apply(&mut table, "x.y = 1.5")?;
        apply(&mut table, "list=[1, 2]")?;
        apply(&mut table, "word=center_l2")?;
        apply(&mut table, "stage.a.rate=2")?;
        apply(&mut table, "stage.1.rate=3")?;
        let expected: Table = "list = [1, 2]\nword = 'center_l2'\nx = { y = 1.5 }\n\
             [[stage]]\nkind = 'a'\nrate = 2\n[[stage]]\nkind = 'b'\nrate = 3\n\
             [[stage]]\nkind = 'a'\nrate = 2"
            .parse()?;
        assert_eq!(table, expected);
        assert!(apply(&mut table, "word.more=1").is_err());
        assert!(apply(&mut table, "stage.c.rate=1").is_err());
        assert!(apply(&mut table, "stage.a=1").is_err());
        Ok(())
    }
}
