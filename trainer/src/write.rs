//! The one place that writes results: whole or not at all, by way of a file beside
//! that is flushed, then renamed.
//!
//! Each step at which the disk can be full or the process be ended passes
//! `fault::step`, so that tests try them one after the other.

mod fault;
pub mod place;

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::{Builder, NamedTempFile};

/// Writes `bytes` to `path`, making its folder where that is missing. Whoever
/// reads the path sees the old file or the new one, never a part.
///
/// # Errors
/// Names the file, and says so plainly where the disk is full. Nothing is left
/// behind.
pub fn atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    put(path, None, bytes).map_err(|error| explained(path, error))
}

/// [`atomically`], with the file that stood there kept as `before`. A process that
/// is ended between the two leaves `before` alone.
///
/// # Errors
/// As [`atomically`].
pub fn keeping(before: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    put(path, Some(before), bytes).map_err(|error| explained(path, error))
}

/// [`atomically`], for text that was built in memory.
///
/// # Errors
/// As [`atomically`].
pub fn text(path: &Path, text: &str) -> Result<()> {
    atomically(path, text.as_bytes())
}

/// [`atomically`], for a value as indented JSON.
///
/// # Errors
/// As [`atomically`].
pub fn json(path: &Path, value: &impl serde::Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)
        .with_context(|| format!("cannot make JSON for {}", path.display()))?;
    text.push('\n');
    atomically(path, text.as_bytes())
}

/// Adds to the end of a file, which is made where there is none; returns its length
/// in bytes. A part of `text` can stay where this fails: see [`cut`].
///
/// # Errors
/// As [`atomically`].
pub fn append(path: &Path, text: &str) -> Result<u64> {
    append_bytes(path, text.as_bytes())
}

/// [`append`], for bytes.
///
/// # Errors
/// As [`atomically`].
pub fn append_bytes(path: &Path, bytes: &[u8]) -> Result<u64> {
    let add = || {
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        fill(&mut file, bytes)?;
        // What a checkpoint counts on is on the disk before it.
        file.sync_data()?;
        Ok(file.metadata()?.len())
    };
    add().map_err(|error| explained(path, error))
}

/// Drops what a file has beyond `length_bytes`; a file that is not there stays so.
///
/// # Errors
/// As [`atomically`].
pub fn cut(path: &Path, length_bytes: u64) -> Result<()> {
    let cut = || {
        let file = match OpenOptions::new().write(true).open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        fault::step()?;
        file.set_len(file.metadata()?.len().min(length_bytes))
    };
    cut().map_err(|error| explained(path, error))
}

/// Removes what processes left in `folder` that were ended while they wrote. Only for
/// a folder in which nobody else writes.
pub fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(BESIDE) {
            // One that stays is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// An error of writing `path`, with what to do about it.
pub fn explained(path: &Path, error: std::io::Error) -> anyhow::Error {
    let cure = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full, free some space",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "you may not write there, choose another place"
        }
        ErrorKind::IsADirectory => "a folder has that name, choose another",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a part of its path is a file, not a folder; choose another place"
        }
        _ => "check the path and the disk",
    };
    anyhow::Error::new(error).context(format!("cannot write {}: {cure}", path.display()))
}

fn put(path: &Path, before: Option<&Path>, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut beside = beside(folder)?;
    fill(beside.as_file_mut(), bytes)?;
    beside.as_file().sync_all()?;
    fault::step()?;
    if let Some(before) = before {
        match std::fs::rename(path, before) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            renamed => renamed?,
        }
        fault::step()?;
    }
    beside.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Writes all of `bytes`, in two parts: a full disk seldom shows at the first.
fn fill(file: &mut File, bytes: &[u8]) -> std::io::Result<()> {
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    file.write_all(first)?;
    fault::step()?;
    file.write_all(rest)
}

/// How the names of files begin that are not finished.
const BESIDE: &str = ".fewshot-";

/// A new file in `folder` with the rights an ordinary file gets; temporary
/// files by themselves are for the owner's eyes only.
fn beside(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(BESIDE);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder/file.txt");
        text(&path, "one").unwrap();
        text(&path, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn the_file_before_is_kept_and_unfinished_ones_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let [path, before] = ["file", "before"].map(|name| folder.path().join(name));
        let read = |path: &Path| std::fs::read_to_string(path).ok();
        for (text, kept) in [("one", None), ("two", Some("one")), ("three", Some("two"))] {
            keeping(&before, &path, text.as_bytes()).unwrap();
            assert_eq!((read(&path).as_deref(), read(&before).as_deref()), (Some(text), kept));
        }
        beside(folder.path()).unwrap().keep().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
        sweep(folder.path());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn errors_name_the_file_and_the_cure() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        std::fs::create_dir(folder.path().join("taken")).unwrap();
        for (place, cure) in [("file/below.txt", "not a folder"), ("taken", "a folder has")] {
            let error = text(&folder.path().join(place), "").unwrap_err().to_string();
            assert!(error.contains(place) && error.contains(cure), "{error}");
        }
        let full = Path::new("/dev/full");
        if full.exists() {
            // The device itself cannot be replaced; its error is what a full disk gives.
            let error = std::fs::write(full, "x").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::StorageFull);
        }
    }
}
