//! Pictures into a folder for each class: what `--sort` does.
//!
//! Every step is written down in DIR before it is taken ([`log`]), so that it can be
//! undone whatever interrupted it ([`undo`]).

pub mod log;
mod names;
pub mod undo;

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Answers;
use crate::cli::AskArgs;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::write;
use crate::write::place::{Placing, place};
use log::{Entry, Log};

/// What became of the pictures.
#[derive(Debug, Default)]
pub struct Sorted {
    /// Of each folder: its name and how many pictures were put there, in the order of the
    /// classes, "none of these" last.
    pub folders: Vec<(String, usize)>,
    /// Pictures whose copy or link is there from an earlier call.
    pub already: usize,
    /// Pictures that two classes claim alike, which stay where they are.
    pub undecided: Vec<String>,
    /// For each picture that stays where it is for another reason: which, and why.
    pub left: Vec<String>,
    /// Pictures that were not come to, because the work was asked to stop.
    pub not_reached: usize,
}

/// Whether sorting into `dir` would make its pictures queries or examples of the next
/// call, without anybody having said so.
///
/// # Errors
/// Where it would.
pub fn check(args: &AskArgs, dir: &Path) -> Result<()> {
    let inside = resolved(dir)?;
    for (what, given) in [("pictures to sort", &args.query), ("examples", &args.support)] {
        if given.is_dir() && inside.starts_with(resolved(given)?) {
            bail!(
                "{} lies inside the {what}, {}: the next call would take what is sorted there for \
                 {what}; give --sort a folder outside",
                dir.display(),
                given.display()
            );
        }
    }
    Ok(())
}

/// Puts each picture into the folder of its class, below `dir`.
///
/// # Errors
/// Where the log cannot be written or the disk is full. A picture that cannot be read or
/// moved stays where it is, and is told in [`Sorted::left`].
pub fn sort(answers: &Answers, dir: &Path, how: Placing, interrupt: &Interrupt) -> Result<Sorted> {
    let mut log = Log::open(dir)?;
    let labels = || answers.names.classes.iter().chain([&answers.none]);
    let folders: Vec<String> = names::folders(labels(), log::NAME);
    let index_of: HashMap<&str, usize> = labels().map(String::as_str).zip(0..).collect();
    let mut sorted = Sorted {
        folders: folders.iter().map(|name| (name.clone(), 0)).collect(),
        ..Sorted::default()
    };
    let progress = Progress::new("sorting", answers.pictures.len());
    for (picture, report) in answers.pictures.iter().zip(&answers.reports) {
        if interrupt.requested() {
            sorted.not_reached = answers.pictures.len() - progress.done();
            break;
        }
        progress.advance();
        let (Some(label), Some(path)) = (report.place(&answers.none), picture.source.path()) else {
            sorted.undecided.push(picture.name.clone());
            continue;
        };
        let index = index_of[label];
        let from = std::path::absolute(path)?;
        if how != Placing::Move && log.stands(&from, &folders[index], how) {
            sorted.already += 1;
            continue;
        }
        match put(&mut log, &from, &folders[index], how) {
            Ok(()) => sorted.folders[index].1 += 1,
            Err(error) if is_final(&error) => return Err(error),
            Err(error) => sorted.left.push(format!("{}: {error:#}", picture.name)),
        }
    }
    progress.finish();
    Ok(sorted)
}

/// Under its own name, or where that is taken, with a number.
fn put(log: &mut Log, from: &Path, folder: &str, how: Placing) -> Result<()> {
    let own = from.file_name().context("it has no name")?.to_string_lossy();
    for name in names::candidates(&own) {
        let entry = Entry { how, from: from.to_owned(), to: format!("{folder}/{name}") };
        let to = log.place_of(&entry);
        if std::fs::symlink_metadata(&to).is_ok() {
            continue;
        }
        log.add(entry)?;
        match place(from, &to, how) {
            // Somebody took the name since.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            placed => return placed.map_err(|error| write::explained(&to, error)),
        }
    }
    unreachable!("there is always a further number")
}

/// Whether the pictures after this one would fail in the same way.
fn is_final(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| {
        let kind = error.kind();
        matches!(
            kind,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem
        )
    })
}

/// The path without links and detours, as far as it is there.
fn resolved(path: &Path) -> Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    for there in absolute.ancestors() {
        if let Ok(found) = there.canonicalize() {
            let mut whole = found;
            for part in absolute.strip_prefix(there)?.components() {
                match part {
                    Component::ParentDir => drop(whole.pop()),
                    part => whole.push(part),
                }
            }
            return Ok(whole);
        }
    }
    Ok(absolute)
}

#[cfg(test)]
mod tests;
