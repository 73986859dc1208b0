//! `cargo xtask bench`: the learner held against its peers on this machine, and the tables of
//! docs/performance.md made anew.
//!
//! Ours and theirs take turns, so that whatever else the machine does falls on both, and every
//! ratio is of two neighbours in time. What is timed natively is `fewshot bench`; in the browser,
//! the page's own module.

mod browser;
mod kernels;
mod machine;
mod native;
mod peers;
mod profile;
mod ratio;
mod runs;
mod table;
pub mod torch;

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use crate::cli::{Bench, BenchWhat};
use crate::results::document;
use crate::workspace::Workspace;

/// Where the tables stand.
const DOCUMENT: &str = "docs/performance.md";

pub fn run(workspace: &Workspace, arguments: &Bench) -> Result<()> {
    let wanted = |what| arguments.what == what || arguments.what == BenchWhat::All;
    let mut versions = machine::versions()?;
    // Each part is written as soon as it is measured, so that a later failure loses nothing.
    let keep = |tables: &[(&'static str, String)]| {
        tables.iter().for_each(|(_, table)| println!("\n{table}"));
        write(workspace, &tables.iter().cloned().collect())
    };
    if wanted(BenchWhat::Native) {
        let native = native::run(workspace, arguments.rounds)?;
        versions.extend(native.versions.clone());
        keep(&[("native", native.table())])?;
    }
    if wanted(BenchWhat::Browser) {
        let browser = browser::run(workspace, arguments.rounds)?;
        versions.extend(browser.versions.clone());
        keep(&[("browser", browser.table()), ("page", browser.page_table())])?;
    }
    if wanted(BenchWhat::Profile) {
        keep(&[("profile", profile::run(workspace)?)])?;
    }
    if arguments.what == BenchWhat::All && !kernels::possible() {
        eprintln!("– kernels left out, their table stays as it is: Linux's `perf` is not here");
    } else if wanted(BenchWhat::Kernels) {
        keep(&[("kernels", kernels::run(workspace)?)])?;
    }
    if wanted(BenchWhat::Runs) {
        keep(&[("runs", runs::run(workspace)?)])?;
    }
    if arguments.what == BenchWhat::All {
        keep(&[("machine", machine::describe(&versions))])?;
    }
    Ok(())
}

fn write(workspace: &Workspace, tables: &BTreeMap<&str, String>) -> Result<()> {
    let path = workspace.root.join(DOCUMENT);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {DOCUMENT}"))?;
    let (renewed, _moved) = document::renew(&text, tables)?;
    let partial = path.with_extension("md.partial");
    fs::write(&partial, renewed)
        .and_then(|()| fs::rename(&partial, &path))
        .with_context(|| format!("cannot write {DOCUMENT}"))?;
    let names: Vec<&str> = tables.keys().copied().collect();
    eprintln!("✓ in {DOCUMENT}, as measured now: {}", names.join(", "));
    Ok(())
}
