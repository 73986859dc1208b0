//! `cargo xtask study`: tables that need many trainings, one after the other.
//!
//! A study is a file in `xtask/studies/`: runs of a recipe (or models that are there), and what is
//! evaluated of each. Its results are kept line by line in `docs/studies/`, so a study that was
//! interrupted goes on where it stopped, and the tables of the documents can be held against them
//! without training anything.

mod carry_out;
mod plan;
mod record;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::cli::Studies;
use crate::digest::read;
use crate::results::document;
use crate::results::trainer::Trainer;
use crate::workspace::Workspace;
use plan::Study;
use record::Record;

/// Where their tables stand.
const DOCUMENT: &str = "docs/results.md";

pub fn run(workspace: &Workspace, arguments: &Studies) -> Result<()> {
    let known = names(workspace)?;
    if arguments.names.is_empty() {
        println!("studies: {}", known.join(", "));
        return Ok(());
    }
    if let Some(name) = arguments.names.iter().find(|name| !known.contains(name)) {
        bail!("there is no study `{name}`; there are {}", known.join(", "));
    }
    let data = crate::results::data_folder(workspace, arguments.data.as_deref())?;
    let runs = arguments.runs.clone().unwrap_or_else(|| workspace.target.join("studies"));
    let trainer = Trainer::build(workspace)?;
    // As the studies are now, whatever they were when a run was recorded.
    write_tables(workspace)?;
    for name in &arguments.names {
        let study = load(workspace, name)?;
        let record = Record::of(workspace, name);
        for run in study.runs_left(&record.read()?) {
            let lines = carry_out::run(&trainer, &study, run, &data, &runs.join(name))
                .with_context(|| format!("study `{name}`, run `{}`", run.name()))?;
            record.append(&lines)?;
            write_tables(workspace)?;
        }
    }
    println!("the studies are done; their tables are in {DOCUMENT}");
    Ok(())
}

/// The tables of all studies, by the name of their place, from what is recorded.
fn tables(workspace: &Workspace) -> Result<BTreeMap<String, String>> {
    let mut tables = BTreeMap::new();
    for name in names(workspace)? {
        let lines = Record::of(workspace, &name).read()?;
        tables.insert(format!("study {name}"), table::of(&load(workspace, &name)?, &lines));
    }
    Ok(tables)
}

/// Fails where a table of the document is not what was recorded.
pub fn check(workspace: &Workspace) -> Result<()> {
    let (renewed, old) = renewed(workspace)?;
    ensure!(
        renewed == old,
        "a study's table in {DOCUMENT} is not what docs/studies/ says; run `cargo xtask study` \
         with the study's name"
    );
    Ok(())
}

fn write_tables(workspace: &Workspace) -> Result<()> {
    let (renewed, old) = renewed(workspace)?;
    if renewed != old {
        std::fs::write(workspace.root.join(DOCUMENT), renewed)
            .with_context(|| format!("cannot write {DOCUMENT}"))?;
    }
    Ok(())
}

fn renewed(workspace: &Workspace) -> Result<(String, String)> {
    let text = String::from_utf8(read(&workspace.root.join(DOCUMENT))?)
        .with_context(|| format!("{DOCUMENT} is not text"))?;
    let tables = tables(workspace)?;
    for name in tables.keys() {
        ensure!(document::has_place(&text, name), "{DOCUMENT} has no place for the table `{name}`");
    }
    let tables = tables.iter().map(|(name, table)| (name.as_str(), table.clone())).collect();
    Ok((document::renew(&text, &tables)?.0, text))
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("xtask/studies")
}

fn names(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = folder(workspace);
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        // Beside the studies lies a folder of recipes that only they train by.
        if path.extension().is_some_and(|extension| extension == "toml") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

fn load(workspace: &Workspace, name: &str) -> Result<Study> {
    let path = folder(workspace).join(format!("{name}.toml"));
    Study::parse(&text_of(&path)?).with_context(|| format!("cannot use {}", path.display()))
}

fn text_of(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).with_context(|| format!("{} is not text", path.display()))
}
