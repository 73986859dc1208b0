//! Files written whole or not at all: beside, flushed, then renamed.

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
    put(path, bytes).map_err(|error| {
        let cure = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "the disk is full, free some space"
            }
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
    })
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

fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut beside = beside(folder)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A new file in `folder` with the rights an ordinary file gets; temporary
/// files by themselves are for the owner's eyes only.
fn beside(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".fewshot-");
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
