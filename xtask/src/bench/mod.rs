//! `cargo xtask bench`: the learner held against its peers on this machine, and the tables of
//! docs/performance.md made anew.
//!
//! Ours and theirs take turns, so that whatever else the machine does falls on both, and every
//! ratio is of two neighbours in time. What is timed natively is `fewshot bench`; in the browser,
//! the page's own module.

mod browser;
mod machine;
mod native;
mod peers;
mod profile;
mod ratio;
mod table;
mod torch;

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use crate::cli::{Bench, BenchWhat};
use crate::results::document;
use crate::workspace::Workspace;

/// Where the tables stand.
const DOCUMENT: &str = "docs/performance.md";

pub fn run(workspace: &Workspace, arguments: &Bench) -> Result<()> {
    let mut tables = BTreeMap::new();
    let wanted = |what| arguments.what == what || arguments.what == BenchWhat::All;
    let mut versions = machine::versions()?;
    if wanted(BenchWhat::Native) {
        let native = native::run(workspace, arguments.rounds)?;
        versions.push(format!("PyTorch {}", native.torch_version));
        tables.insert("native", native.table());
    }
    if wanted(BenchWhat::Browser) {
        let browser = browser::run(workspace, arguments.rounds)?;
        versions.extend(browser.versions.clone());
        tables.insert("browser", browser.table());
        tables.insert("page", browser.page_table());
    }
    if wanted(BenchWhat::Profile) {
        tables.insert("profile", profile::run(workspace)?);
    }
    if arguments.what == BenchWhat::All {
        tables.insert("machine", machine::describe(&versions));
    }
    for table in tables.values() {
        println!("\n{table}");
    }
    write(workspace, &tables)
}

fn write(workspace: &Workspace, tables: &BTreeMap<&str, String>) -> Result<()> {
    let path = workspace.root.join(DOCUMENT);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {DOCUMENT}"))?;
    let (renewed, _moved) = document::renew(&text, tables)?;
    let partial = path.with_extension("md.partial");
    fs::write(&partial, renewed)
        .and_then(|()| fs::rename(&partial, &path))
        .with_context(|| format!("cannot write {DOCUMENT}"))?;
    eprintln!("✓ the tables of {DOCUMENT} are what was measured now");
    Ok(())
}
