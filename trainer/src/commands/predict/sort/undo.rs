//! Everything back as it was before sorting, as far as nobody has changed it since.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Result, ensure};

use super::log::{Entry, Log, NAME};
use crate::progress::Progress;
use crate::write::place::{Placing, place};

/// What became of the steps.
#[derive(Debug, Default)]
pub struct Undone {
    /// Pictures that were put back.
    pub back: usize,
    /// Copies and links that were removed.
    pub removed: usize,
    /// For each picture that stays in the folder: which, and why.
    pub left: Vec<String>,
}

/// Undoes what the log of `dir` says, the last step first. Steps that cannot be undone
/// stay in the log.
///
/// # Errors
/// Where there is no log, or it cannot be read or written.
pub fn undo(dir: &Path) -> Result<Undone> {
    ensure!(
        dir.join(NAME).is_file(),
        "{} holds no {NAME}: give the folder that `fewshot predict --sort` sorted into",
        dir.display()
    );
    let log = Log::open(dir)?;
    let (mut undone, mut kept) = (Undone::default(), Vec::new());
    let progress = Progress::new("putting back", log.entries().len());
    for entry in log.entries().iter().rev() {
        let result =
            if entry.how == Placing::Move { put_back(&log, entry) } else { remove(&log, entry) };
        match result {
            Ok(false) => {}
            Ok(true) if entry.how == Placing::Move => undone.back += 1,
            Ok(true) => undone.removed += 1,
            Err(why) => {
                undone.left.push(format!("{}: {why}", entry.to));
                kept.push(entry.clone());
            }
        }
        progress.advance();
    }
    progress.finish();
    kept.reverse();
    let parents = log.entries().iter().filter_map(|entry| entry.to.rsplit_once('/'));
    let folders: BTreeSet<_> = parents.map(|(parent, _)| dir.join(parent)).collect();
    log.keep(&kept)?;
    for folder in folders {
        // Only where it is empty; whatever else a person put there stays.
        let _ = std::fs::remove_dir(folder);
    }
    Ok(undone)
}

/// Whether the picture had to be put back, or why it cannot be.
fn put_back(log: &Log, entry: &Entry) -> Result<bool, String> {
    let (from, to) = (&entry.from, log.place_of(entry));
    let there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
    match (there(from), there(&to)) {
        // The process was ended before this step.
        (true, false) => Ok(false),
        // Or in its middle: the picture has both names.
        (true, true) if log.holds(entry) => {
            std::fs::remove_file(&to).map_err(|error| error.to_string())?;
            Ok(true)
        }
        (true, true) => Err(format!("another file is now at {}", from.display())),
        (false, false) => Err(format!("it is gone from there, and not at {}", from.display())),
        (false, true) => match place(&to, from, Placing::Move) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(format!("another file is now at {}", from.display()))
            }
            Err(error) => Err(format!("cannot be put back to {}: {error}", from.display())),
        },
    }
}

/// Whether a copy or link had to be removed, or why it must not be.
fn remove(log: &Log, entry: &Entry) -> Result<bool, String> {
    let to = log.place_of(entry);
    if std::fs::symlink_metadata(&to).is_err() {
        return Ok(false);
    }
    if !log.holds(entry) {
        let from = entry.from.display();
        return Err(format!("it is not what is at {from} any more, and may be all there is"));
    }
    std::fs::remove_file(&to).map_err(|error| error.to_string())?;
    Ok(true)
}
