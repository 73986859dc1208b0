//! Keys that no structure reads: a misspelt key must not be passed over.

use anyhow::{Context, Result, bail};
use fewshot::config::{Conv4Config, EfficientNetLite0Config, Pooled};
use fewshot::{
    BackboneConfig, Framing, GeneratorConfig, GeneratorKind, HeadKind, ModelConfig, RidgeConfig,
};
use toml::{Table, Value};

/// Checks that every key of `given` is among those `resolved` was written with, or
/// among those that are written only where they differ from their default.
///
/// # Errors
/// Names the first that is not, and the nearest that is known beside it.
pub fn check_known(given: &Table, resolved: &Table) -> Result<()> {
    walk(given, &[resolved, &unusual(resolved)?], "")
}

/// Every value of a model with such a backbone that a file leaves out where it is the usual one.
fn unusual(resolved: &Table) -> Result<Table> {
    let encoder = resolved.get("model").and_then(|model| model.get("encoder"));
    let mut model = ModelConfig::new(8, 1);
    model.backbone = match encoder.and_then(|encoder| encoder.get("kind")) {
        None => BackboneConfig::Conv4(Conv4Config { penultimate: 1.0, ..Conv4Config::default() }),
        Some(_) => {
            let pooled = vec![Pooled::mean(0)];
            BackboneConfig::EfficientNetLite0(EfficientNetLite0Config { pooled })
        }
    };
    model.head = HeadKind::Ridge;
    model.ridge = RidgeConfig { lambda: 1.0, gamma: 1.0, temperature: 1.0 };
    model.image.framing = Framing::Squash;
    model.image.shift = 1;
    model.generator = Some(GeneratorConfig {
        rank: 1,
        unit_length: true,
        hallucinated_weight: Some(1.0),
        ..GeneratorConfig::new(GeneratorKind::Residual, 1)
    });
    let mut model = Table::try_from(model).context("a model's configuration is a table")?;
    // Conv-4's files leave its kind out.
    if let Some(encoder) = model.get_mut("encoder").and_then(Value::as_table_mut) {
        encoder.entry("kind").or_insert_with(|| Value::String("conv4".to_owned()));
    }
    Ok(Table::from_iter([("model".to_owned(), Value::Table(model))]))
}

fn walk(given: &Table, known: &[&Table], path: &str) -> Result<()> {
    for (key, value) in given {
        let at = format!("{path}{key}");
        let found: Vec<&Value> = known.iter().filter_map(|known| known.get(key)).collect();
        if found.is_empty() {
            let known = known.iter().flat_map(|known| known.keys());
            match nearest(key, known.map(String::as_str)) {
                Some(near) => bail!("there is no key '{at}'; did you mean '{path}{near}'?"),
                None => bail!("there is no key '{at}'"),
            }
        }
        match value {
            Value::Table(given) => {
                let tables: Vec<&Table> =
                    found.iter().filter_map(|found| found.as_table()).collect();
                if !tables.is_empty() {
                    walk(given, &tables, &format!("{at}."))?;
                }
            }
            Value::Array(given) => {
                let found = found.iter().filter_map(|found| found.as_array()).flatten();
                for (index, (given, found)) in given.iter().zip(found).enumerate() {
                    if let (Value::Table(given), Value::Table(found)) = (given, found) {
                        walk(given, &[found], &format!("{at}.{index}."))?;
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
    candidates.min_by_key(|candidate| strsim::levenshtein(name, candidate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_needs_the_fewest_changes() {
        assert_eq!(nearest("epoch", ["batch", "epochs", "rate"].into_iter()), Some("epochs"));
    }
}
