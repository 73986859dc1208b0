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
use machine::Machine;

/// Where the tables stand.
const DOCUMENT: &str = "docs/performance.md";

pub fn run(workspace: &Workspace, arguments: &Bench) -> Result<()> {
    let wanted = |what| arguments.what == what || arguments.what == BenchWhat::All;
    let machine = Machine::at_hand()?;
    // Each part is written as soon as it is measured, so that a later failure loses nothing.
    let keep = |tables: &[(&str, String)], versions: &[String]| {
        let measured_on = machine.describe(versions);
        let tables =
            tables.iter().map(|(place, table)| (*place, format!("{table}\n\n{measured_on}")));
        write(workspace, &tables.collect())
    };
    // How far ahead the kernels are depends on the vectors, so there is a table for each kind.
    let place = |name: &str| format!("{name}, {}", machine.vectors);
    if wanted(BenchWhat::Native) {
        let native = native::run(workspace, arguments.rounds)?;
        keep(&[(&place("native"), native.table())], &native.versions)?;
    }
    if wanted(BenchWhat::Browser) {
        let browser = browser::run(workspace, arguments.rounds)?;
        let (peers, page) = (browser.table(), browser.page_table());
        keep(&[(&place("browser"), peers), (&place("page"), page)], &browser.versions)?;
    }
    if wanted(BenchWhat::Profile) {
        keep(&[("profile", profile::run(workspace)?)], &[])?;
    }
    if arguments.what == BenchWhat::All && !kernels::possible() {
        eprintln!("– kernels left out, their table stays as it is: Linux's `perf` is not here");
    } else if wanted(BenchWhat::Kernels) {
        keep(&[("kernels", kernels::run(workspace)?)], &[])?;
    }
    if wanted(BenchWhat::Runs) {
        keep(&[("runs", runs::run(workspace)?)], &[])?;
    }
    Ok(())
}

/// Prints the tables, and puts those into the document that have a place there.
fn write(workspace: &Workspace, tables: &BTreeMap<&str, String>) -> Result<()> {
    tables.values().for_each(|table| println!("\n{table}"));
    let path = workspace.root.join(DOCUMENT);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {DOCUMENT}"))?;
    let (renewed, _moved) = document::renew(&text, tables)?;
    let partial = path.with_extension("md.partial");
    fs::write(&partial, renewed)
        .and_then(|()| fs::rename(&partial, &path))
        .with_context(|| format!("cannot write {DOCUMENT}"))?;
    for place in tables.keys() {
        if document::has_place(&text, place) {
            eprintln!("✓ in {DOCUMENT}, as measured now: {place}");
        } else {
            eprintln!("– {DOCUMENT} has no place for `{place}`: it is only printed");
        }
    }
    Ok(())
}
