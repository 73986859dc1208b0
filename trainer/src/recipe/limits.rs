//! What a recipe's numbers may be: a table, from which the messages come too.
//!
//! It is read over the recipe as TOML, so that the key in a message is the one to
//! change with `--set`. What only several values together can tell is
//! [`super::Recipe`]'s to check.

use anyhow::{Result, bail};
use toml::{Table, Value};

/// The numbers that make sense for a key.
struct Limit {
    /// The key within its stage, augmentation, optimizer or table.
    key: &'static str,
    least: Least,
    most: f64,
    /// Why no others do.
    why: &'static str,
}

/// The lower end of a limit.
#[derive(Clone, Copy)]
enum Least {
    /// This, or more.
    From(f64),
    /// More than this.
    Above(f64),
}

use Least::{Above, From};

const ONE: &str = "there is nothing to do with none";
const SHARE: &str = "it is a share";
const STRENGTH: &str = "a factor of 1 ± this must stay above zero";
const HALLUCINATED: &str =
    "below zero real pictures could weigh nothing, at zero hallucinations would";

const fn limit(key: &'static str, least: Least, most: f64, why: &'static str) -> Limit {
    Limit { key, least, most, why }
}

/// Every number of a stage, of its parts, and of `[validation]`; of the model
/// those that its own check lets pass.
const LIMITS: [Limit; 37] = [
    limit("epochs", From(1.0), 1e6, ONE),
    limit("batch", From(1.0), 1e5, ONE),
    limit("episodes", From(1.0), 1e9, ONE),
    limit("ways", From(2.0), 1e4, "there is nothing to tell apart with fewer"),
    limit("shots", From(1.0), 1e4, ONE),
    limit("queries", From(1.0), 1e4, ONE),
    limit("copies", From(1.0), 100.0, "the first is the plain one, each takes memory"),
    limit("validate_every", From(1.0), 1e9, "weights are chosen by validation"),
    limit("hallucinate", From(0.0), 1e3, "more take memory and time and change no prototype"),
    limit("images_per_class", From(0.0), 1e9, "0 takes all"),
    limit("scale", Above(0.0), 1e4, "scores of every class would be the same or turned round"),
    limit("label_smoothing", From(0.0), 0.99, SHARE),
    limit("rotation", From(0.0), 100.0, "it weighs a loss; 0 leaves it out"),
    limit("rotation_share", From(0.0), 1.0, SHARE),
    limit("average", From(0.0), 0.999_99, "it is the share kept each step; at 1 nothing moves"),
    limit("shrinkage", From(0.0), 1.0, SHARE),
    limit("lambda", Above(0.0), 1e6, "without it features that are alike cannot be solved for"),
    limit("gamma", From(0.0), 1e6, "it is a fall with distance; 0 leaves a linear map"),
    limit("pull", From(0.0), 1e4, "it weighs a loss; 0 leaves it out"),
    limit("temperature", Above(0.0), 1e6, "scores are divided by it"),
    limit("hallucinated_weight", Above(0.0), 1e4, HALLUCINATED),
    limit("schedule.rate", Above(0.0), 1e3, "weights would stand still or climb"),
    limit("schedule.warm_up", From(0.0), 1e9, "0 leaves it out"),
    limit("schedule.every", From(1.0), 1e9, "it is a number of steps"),
    limit("optimizer.momentum", From(0.0), 0.9999, "at 1 a step never ends"),
    limit("optimizer.weight_decay", From(0.0), 1.0, "below zero weights grow, above 1 they swing"),
    limit("augment.min_area", From(0.01), 1.0, "it is a share of the picture's area; 1 keeps all"),
    limit("augment.shift", From(0.0), 1024.0, "it is a number of pixels"),
    limit("augment.brightness", From(0.0), 0.99, STRENGTH),
    limit("augment.contrast", From(0.0), 0.99, STRENGTH),
    limit("augment.saturation", From(0.0), 0.99, STRENGTH),
    limit("model.temperature", Above(0.0), 1e6, "scores are divided by it"),
    limit("model.generator.hidden", From(1.0), 16384.0, "it is the width of a layer"),
    limit("model.generator.dropout", From(0.0), 0.99, SHARE),
    limit("model.generator.noise_scale", From(0.0), 1e4, "it is a standard deviation"),
    limit("model.generator.hallucinated_weight", Above(0.0), 1e4, HALLUCINATED),
    limit("model.transform.power.exponent", Above(0.0), 4.0, "features are raised to it"),
];

/// Checks every number of a recipe.
///
/// # Errors
/// Names the key, its value and what it may be.
pub fn check(recipe: &Table) -> Result<()> {
    numbers(recipe, &mut |key, within, number| {
        if !number.is_finite() {
            bail!("{key} is {number}, it must be a number");
        }
        let Some(limit) = LIMITS.iter().find(|limit| limit.key == within) else { return Ok(()) };
        let low = match limit.least {
            From(least) => number < least,
            Above(least) => number <= least,
        };
        if low || number > limit.most {
            let (most, why) = (limit.most, limit.why);
            match limit.least {
                From(least) => bail!("{key} is {number}, it must be {least} to {most}: {why}"),
                Above(least) => {
                    bail!("{key} is {number}, it must be above {least}, up to {most}: {why}")
                }
            }
        }
        Ok(())
    })
}

/// Calls `visit` with each number, its whole key as `--set` takes it, and its key
/// within its stage or `[validation]`.
fn numbers(recipe: &Table, visit: &mut dyn FnMut(&str, &str, f64) -> Result<()>) -> Result<()> {
    for (key, value) in recipe {
        match (key.as_str(), value) {
            ("stage", Value::Array(stages)) => {
                for (index, stage) in stages.iter().enumerate() {
                    let kind = stage.get("kind").and_then(Value::as_str);
                    let name = kind.map_or_else(|| index.to_string(), str::to_owned);
                    walk(stage, &format!("stage.{name}"), "", visit)?;
                }
            }
            ("validation", value) => walk(value, "validation", "", visit)?,
            (key, value) => walk(value, key, key, visit)?,
        }
    }
    Ok(())
}

fn walk(
    value: &Value,
    key: &str,
    within: &str,
    visit: &mut dyn FnMut(&str, &str, f64) -> Result<()>,
) -> Result<()> {
    match value {
        Value::Integer(number) => visit(key, within, *number as f64),
        Value::Float(number) => visit(key, within, *number),
        Value::Array(values) => values.iter().try_for_each(|value| walk(value, key, within, visit)),
        Value::Table(table) => table.iter().try_for_each(|(name, value)| {
            let below = if within.is_empty() { name.clone() } else { format!("{within}.{name}") };
            walk(value, &format!("{key}.{name}"), &below, visit)
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Recipe, shipped};
    use super::*;

    /// Everything a stage can have, beside what the shipped recipes use.
    const MORE: &str = r#"
        name = "more"
        model = { image = { size = 16, resize = 16, channels = 1, mean = [0.5], std = [0.5] }, encoder = { channels = 8, blocks = 2 } }
        [[stage]]
        kind = "fit"
        lambda = [0.1, 1.0]
        gamma = [0.0, 0.5]
        [[stage]]
        kind = "episodic"
        episodes = 4
        ways = 3
        shots = 2
        queries = 2
        optimizer = { kind = "sgd" }
        schedule = { kind = "halving", rate = 1e-3, every = 2 }
        validate_every = 2
    "#;

    #[test]
    fn every_number_of_every_stage_has_its_limit() -> Result<()> {
        let shipped = shipped::names().map(shipped::text).collect::<Result<Vec<_>>>()?;
        for text in shipped.into_iter().chain([MORE]) {
            let resolved: Table = Recipe::parse(text, &[])?.to_toml()?.parse()?;
            numbers(&resolved, &mut |key, within, _| {
                let free = key.starts_with("model.") || key == "seed";
                let known = LIMITS.iter().any(|limit| limit.key == within);
                assert!(free || known, "{key} has no limit in the table");
                Ok(())
            })?;
        }
        Ok(())
    }

    #[test]
    fn a_value_out_of_range_is_named_with_what_it_may_be() {
        for (change, told) in [
            ("stage.pretrain.augment.min_area=-0.5", "stage.pretrain.augment.min_area is -0.5"),
            ("stage.pretrain.augment.min_area=0", "0.01 to 1: it is a share of the picture's area"),
            ("stage.pretrain.augment.brightness=1.5", "must stay above zero"),
            ("stage.pretrain.batch=-3", "stage.pretrain.batch is -3"),
            ("stage.pretrain.schedule.rate=nan", "schedule.rate is NaN, it must be a number"),
            ("stage.pretrain.schedule.rate=0.0", "above 0"),
            ("stage.pretrain.label_smoothing=1.0", "it is a share"),
            ("stage.hallucinate.hallucinate=[1, 100000]", "hallucinate is 100000"),
            ("stage.hallucinate.shots=[1, 0]", "stage.hallucinate.shots is 0"),
            ("validation.ways=1", "validation.ways is 1, it must be 2 to"),
            ("model.generator.hallucinated_weight=-1.0", "real pictures could weigh nothing"),
            ("model.image.mean=[inf, 0.5, 0.5]", "model.image.mean is inf"),
        ] {
            let error = format!("{:#}", Recipe::find("synthetic", &[change.into()]).unwrap_err());
            assert!(error.contains(told), "{change}: {error}");
        }
    }
}
