//! Zips, and the tar in one.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use zip::ZipArchive;
use zip::read::ZipFile;

use super::{more_than, read_within, tar, write};

/// Unpacks all of a zip into `to`.
pub(super) fn extract(archive: &Path, to: &Path, most_bytes: u64) -> Result<()> {
    let mut zip = ZipArchive::new(File::open(archive)?)?;
    let mut left = most_bytes;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index)?;
        let inside = inside(&entry)?;
        if entry.is_dir() {
            std::fs::create_dir_all(to.join(&inside))?;
        } else {
            write(&mut entry, &inside, to, &mut left, most_bytes)?;
        }
    }
    Ok(())
}

/// Unpacks into `to` what the packed tar called `name` holds, which lies somewhere in a zip;
/// nothing else of the zip.
pub(super) fn extract_tar(archive: &Path, name: &str, to: &Path, most_bytes: u64) -> Result<()> {
    let mut zip = ZipArchive::new(File::open(archive)?)?;
    for index in 0..zip.len() {
        let entry = zip.by_index(index)?;
        let path = inside(&entry)?;
        if path.file_name().is_some_and(|last| last == name) {
            let of_tar = || format!("in its {}", path.display());
            return tar::extract(entry, to, most_bytes).with_context(of_tar);
        }
    }
    bail!("there is no {name} in it")
}

/// The bytes of an entry, of at most `left` of them, which is lowered by as many.
///
/// # Errors
/// Where it is longer or damaged.
pub fn read<R: Read>(
    entry: &mut ZipFile<'_, R>,
    left: &mut u64,
    most_bytes: u64,
) -> Result<Vec<u8>> {
    read_within(entry, left)?.with_context(|| more_than(most_bytes))
}

/// Where an entry lies below the folder it is unpacked into.
fn inside<R: Read>(entry: &ZipFile<'_, R>) -> Result<PathBuf> {
    let name = entry.name()?.into_owned();
    ensure!(!entry.is_symlink(), "it holds a link, '{name}'");
    ensure!(!name.starts_with(['/', '\\']), "it names a file outside of itself, '{name}'");
    match entry.enclosed_name() {
        Some(inside) => Ok(inside),
        None => bail!("it names a file outside of itself, '{name}'"),
    }
}
