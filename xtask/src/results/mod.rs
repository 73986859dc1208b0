//! `cargo xtask results`: every shipped model evaluated again, and every table of the documents
//! held against what comes out.
//!
//! A table stands between `<!-- begin: NAME -->` and `<!-- end -->`. With `--write` it is made
//! anew; without, a figure that has moved by more than [`document::TOLERANCE`] is a failure.

pub mod document;
mod kept;
mod labels;
pub mod plan;
mod tables;
pub mod trainer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::cli::Results;
use crate::data;
use crate::digest::read;
use crate::progress::step;
use crate::workspace::Workspace;
use kept::Kept;
use trainer::Trainer;

/// The documents that hold tables.
const DOCUMENTS: [&str; 2] = ["docs/results.md", "README.md"];

/// The table of labels that are needed.
const LABELS: &str = "labels";

impl Results {
    fn asks_for(&self, table: &str) -> bool {
        self.tables.is_empty() || self.tables.iter().any(|name| name == table)
    }
}

/// One model of `weights/manifest.json`, as far as the tables need it.
#[derive(Clone, Debug, Deserialize)]
pub struct Model {
    pub id: String,
    pub file: String,
    pub data: String,
}

#[derive(Deserialize)]
struct Manifest {
    models: Vec<Model>,
}

pub fn run(workspace: &Workspace, arguments: &Results) -> Result<()> {
    let weights = workspace.root.join("weights");
    let manifest: Manifest = serde_json::from_slice(&read(&weights.join("manifest.json"))?)
        .context("weights/manifest.json is not what `fewshot publish` writes")?;
    ensure!(!manifest.models.is_empty(), "weights/manifest.json lists no model");
    let data = data_folder(workspace, arguments.data.as_deref())?;
    let trainer = Trainer::build(workspace)?;
    let kept = Kept::new(workspace.target.join("results"), arguments.resume)?;
    let mut tables = BTreeMap::new();
    if arguments.asks_for(LABELS) {
        let rows = step("count the labels that are needed", || {
            labels::measure(&trainer, &manifest.models, &weights, &data, &kept)
        })?;
        tables.insert(LABELS, labels::table(&rows));
    }
    let mut measured = Vec::new();
    // All other tables share their evaluations.
    let evaluates =
        arguments.tables.is_empty() || arguments.tables.iter().any(|name| name != LABELS);
    for model in manifest.models.iter().filter(|_| evaluates) {
        let what = format!("evaluate {} on test classes", model.id);
        measured.extend(step(&what, || {
            plan::evaluations(model)
                .iter()
                .map(|evaluation| {
                    trainer.evaluate(
                        &weights.join(&model.file),
                        &plan::folder(&data, &evaluation.data)?,
                        evaluation,
                        arguments.episodes,
                        &kept,
                    )
                })
                .collect::<Result<Vec<_>>>()
        })?);
    }
    if evaluates {
        tables.extend(tables::all(&manifest.models, &measured.concat()));
    }
    tables.retain(|name, _| arguments.asks_for(name));
    for name in &arguments.tables {
        ensure!(tables.contains_key(name.as_str()), "no document has a table `{name}`");
    }
    let mut moved = Vec::new();
    let mut without_place: Vec<&str> = tables.keys().copied().collect();
    for name in DOCUMENTS {
        let path = workspace.root.join(name);
        let text =
            String::from_utf8(read(&path)?).with_context(|| format!("{name} is not text"))?;
        let (renewed, differences) = document::renew(&text, &tables)
            .with_context(|| format!("the tables of {name} cannot be found"))?;
        moved.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
        without_place.retain(|table| !document::has_place(&text, table));
        if arguments.write && renewed != text {
            std::fs::write(&path, renewed).with_context(|| format!("cannot write {name}"))?;
        }
    }
    ensure!(
        without_place.is_empty(),
        "no document has a place for what was measured: {}",
        without_place.join(", ")
    );
    if arguments.write || moved.is_empty() {
        println!("the tables stand");
        return Ok(());
    }
    bail!(
        "figures of the documents are not those of the shipped models; look at them, then run \
         `cargo xtask results --write`:\n  {}",
        moved.join("\n  ")
    )
}

/// Where the unpacked data sets are: given, or unpacked below the build folder.
pub fn data_folder(workspace: &Workspace, given: Option<&Path>) -> Result<PathBuf> {
    let Some(folder) = given else {
        return data::unpacked(workspace)?.context(
            "the data sets are not beside the repository: give their folder with --data, or set \
             FEWSHOT_DATA to that of their archives",
        );
    };
    ensure!(folder.is_dir(), "{} is no folder: give the one with the data sets", folder.display());
    Ok(folder.to_owned())
}
