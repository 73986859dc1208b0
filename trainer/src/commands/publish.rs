//! `fewshot publish`: a finished run becomes a model that the page can offer.
//!
//! The weights as they are stored (often f16) are scored by the trusted protocol
//! on validation and test classes, and written beside a manifest and the model
//! cards. The test classes are opened once for a finished model: publishing the
//! same numbers again keeps their scores.

pub(super) mod cards;
mod manifest;
mod name_classes;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use candle_core::Device;
use fewshot::{Checkpoint, Control, EpisodeShape, Model};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::eval::{Protocol, evaluate};
use crate::cli::PublishArgs;
use crate::data::{self, DataSource, Split};
use crate::recipe::Recipe;
use crate::run_dir::RunDir;
use crate::{device, output, seen, weights, write};

use manifest::{Entry, Manifest, Score, Scores};

/// Episodes of a published score.
const EPISODES: usize = 10_000;
/// Query pictures of each class.
const QUERIES: usize = 15;
/// The largest file that belongs into a repository.
const LARGEST_BYTES: usize = 8_000_000;

/// Runs the command.
///
/// # Errors
/// Where the run has no weights, the data does not fit, or nothing can be written.
pub fn run(args: &PublishArgs) -> Result<()> {
    check_id(&args.id)?;
    let Some(run) = &args.run else {
        return name_classes::run(&args.to, &args.id, &data::open(args.data.as_deref())?);
    };
    let (folder, recipe, _origin) = RunDir::open(run)?;
    let best = weights::read(&folder.best())?;
    let precision = args.precision.into();
    // What is scored is what will be read, not what was trained.
    let mut stored = Checkpoint::from_bytes(&best.to_bytes(precision)?)?;
    let (source, _note) = data::open(args.data.as_deref())?.for_training(recipe.seed)?;
    let path = args.to.join(format!("{}.safetensors", args.id));
    let mut manifest = Manifest::read(&args.to)?;
    let scores = match earlier(&manifest, &args.id, &path, &stored) {
        Some(scores) => scores,
        None => score(&stored, &source, EPISODES, args)?,
    };
    let last = weights::read(&folder.last()).unwrap_or(best);
    stored.provenance.insert("scores".into(), serde_json::to_value(&scores)?);
    let bytes = stored.to_bytes(precision)?;
    if bytes.len() > LARGEST_BYTES {
        eprintln!(
            "{} has {:.1} MB; a smaller generator (`hidden` in its recipe) makes it fit a repository",
            path.display(),
            bytes.len() as f64 / 1e6
        );
    }
    let entry = Entry {
        id: args.id.clone(),
        file: format!("{}.safetensors", args.id),
        bytes: bytes.len(),
        sha256: digest(&bytes),
        title: args.title.clone().unwrap_or_else(|| args.id.clone()),
        note: args.note.clone(),
        data: source.name().to_owned(),
        split: split_in_words(&source)?,
        also: also(&stored.provenance),
        recipe: keep_recipe(&recipe, args)?,
        seed: recipe.seed,
        wall_minutes: wall_minutes(&last.provenance),
        scores,
        default: args.default,
    };
    manifest.put(entry);
    write::atomically(&path, &bytes)?;
    write::json(&args.to.join(manifest::FILE), &manifest)?;
    write::text(&args.to.join("README.md"), &cards::text(&manifest))?;
    output::line(format!("{}, {:.2} MB", path.display(), bytes.len() as f64 / 1e6))
}

/// SHA-256, hexadecimal.
fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// An id is a file's name and a part of an address.
fn check_id(id: &str) -> Result<()> {
    let usable = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let named = id.chars().any(usable) && id.chars().all(|letter| usable(letter) || letter == '-');
    ensure!(named, "the id '{id}' cannot be used: take small letters, digits and hyphens");
    Ok(())
}

/// The scores of the published file, where it has the same numbers.
fn earlier(manifest: &Manifest, id: &str, path: &Path, stored: &Checkpoint) -> Option<Scores> {
    let entry = manifest.models.iter().find(|entry| entry.id == id)?;
    let published = weights::read(path).ok()?;
    let same = published.fingerprint().ok()? == stored.fingerprint().ok()?
        && published.config.distance == stored.config.distance;
    same.then(|| entry.scores.clone())
}

/// Accuracy on the classes that weights were chosen on, and on those never seen.
fn score(
    stored: &Checkpoint,
    source: &DataSource,
    episodes: usize,
    args: &PublishArgs,
) -> Result<Scores> {
    let device: Device = device::pick(args.device)?;
    let model = Model::from_checkpoint(stored, &device)?;
    let mut scores = Scores::new();
    for split in [Split::Val, Split::Test] {
        let dataset = source.split(split)?;
        let shapes = shapes(&dataset.class_sizes());
        ensure!(
            !shapes.is_empty(),
            "the {split} classes of {} are too few or too small for 5-way 1-shot episodes with \
             {QUERIES} queries",
            source.name()
        );
        let protocols: Vec<Protocol> = shapes
            .into_iter()
            .map(|shape| Protocol {
                shape,
                episodes,
                head: None,
                distance: None,
                context: fewshot::Context::Inductive,
                imbalance: None,
                hallucinate: vec![0],
                generator: Control::Own,
                spread: false,
                outsiders: false,
                confusion: false,
                seed: 0,
            })
            .collect();
        let rows = evaluate(&model, &dataset, &protocols, &device)
            .with_context(|| format!("cannot score {} on {}", args.id, source.name()))?;
        let named = rows.iter().flatten().map(|row| {
            let score = Score { accuracy: row.accuracy, ci95: row.ci95 };
            (format!("{}w{}s", row.ways, row.shots), score)
        });
        scores.insert(split.name().to_owned(), named.collect());
    }
    Ok(scores)
}

/// The protocols that papers print, as far as there are classes and pictures;
/// 20 ways where there are hundreds of classes, as in Omniglot.
fn shapes(class_sizes: &[usize]) -> Vec<EpisodeShape> {
    let ways: &[usize] = if class_sizes.len() >= 400 { &[5, 20] } else { &[5] };
    let smallest = class_sizes.iter().copied().min().unwrap_or(0);
    let all = ways
        .iter()
        .flat_map(|&ways| [1, 5].map(|shots| EpisodeShape { ways, shots, queries: QUERIES }));
    let possible = |shape: &EpisodeShape| {
        class_sizes.len() >= shape.ways && smallest >= shape.shots + shape.queries
    };
    all.filter(possible).collect()
}

fn split_in_words(source: &DataSource) -> Result<String> {
    let count =
        |split| -> Result<String> { Ok(format!("{} {split}", source.split(split)?.classes.len())) };
    let counts = source.splits().map(count).collect::<Result<Vec<_>>>()?;
    Ok(format!("{} classes", counts.join(", ")))
}

/// What `--recipe` makes this model again: the built-in recipe's name, or else
/// the resolved recipe, kept beside the model. Weights it started from are named
/// as the built-in recipe names them, or by their file alone: where they lay on
/// this machine is nobody else's.
fn keep_recipe(recipe: &Recipe, args: &PublishArgs) -> Result<String> {
    let shipped = Recipe::find(&recipe.name, &[]).ok();
    let own = recipe.start.as_deref().and_then(Path::file_name).map(PathBuf::from);
    let usual = shipped.as_ref().and_then(|shipped| shipped.start.clone());
    let same_file = usual.as_deref().and_then(Path::file_name).map(PathBuf::from) == own;
    let start = if same_file { usual } else { own };
    let text = Recipe { start, ..recipe.clone() }.to_toml()?;
    if shipped.and_then(|shipped| shipped.to_toml().ok()) == Some(text.clone()) {
        return Ok(recipe.name.clone());
    }
    let name = format!("{}.toml", args.id);
    write::text(&args.to.join(&name), &text)?;
    Ok(format!("weights/{name}"))
}

/// Names of the further data sets that weights record.
fn also(provenance: &serde_json::Map<String, Value>) -> Vec<String> {
    let records = provenance.get(seen::ALSO).and_then(Value::as_array).into_iter().flatten();
    records.filter_map(|record| Some(record.get("data")?.as_str()?.to_owned())).collect()
}

fn wall_minutes(provenance: &serde_json::Map<String, Value>) -> f64 {
    let seconds = provenance.get("wall_seconds").unwrap_or(&json!(0)).as_f64().unwrap_or(0.0);
    (seconds / 6.0).round() / 10.0
}

#[cfg(test)]
mod tests;
