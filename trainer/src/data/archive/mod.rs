//! Archives from elsewhere: what they hold stays within its folder and within measure.

mod cifar_fs;
mod tar;
#[cfg(test)]
mod tests;
mod zip;

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, ensure};

pub use self::zip::read;
use super::known::Unpack;

/// Unpacks an archive into `folder`, as `how` says, and removes it. Where all of it
/// lies in one folder of the archive, that folder is left out.
///
/// # Errors
/// Where the archive is broken, holds links or more than it may, or names files
/// outside of itself, or the disk is full. Nothing of it is left in `folder` then.
pub fn unpack(archive: &Path, folder: &Path, how: Unpack) -> Result<()> {
    let of_archive = || format!("cannot unpack {}: delete it and run again", archive.display());
    let parent = folder.parent().unwrap_or(Path::new("."));
    let beside = tempfile::Builder::new().prefix(".fewshot-").tempdir_in(parent)?;
    match how {
        Unpack::Nothing => return Ok(()),
        Unpack::Zip { most_bytes } => zip::extract(archive, beside.path(), most_bytes),
        Unpack::TarInZip { tar, most_bytes } => {
            zip::extract_tar(archive, tar, beside.path(), most_bytes)
        }
        Unpack::Cifar100 => cifar_fs::extract(archive, beside.path()),
    }
    .with_context(of_archive)?;
    let entries: Vec<_> = std::fs::read_dir(beside.path())?.collect::<Result<_, _>>()?;
    for entry in &entries {
        let single = entries.len() == 1 && entry.path().is_dir();
        let inner: Vec<PathBuf> = if single {
            let inner = std::fs::read_dir(entry.path())?;
            inner.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?
        } else {
            vec![entry.path()]
        };
        for path in inner {
            let to = folder.join(path.file_name().unwrap_or_default());
            std::fs::rename(&path, &to)
                .with_context(|| format!("cannot move what was unpacked to {}", to.display()))?;
        }
    }
    std::fs::remove_file(archive).with_context(of_archive)
}

/// Writes an entry below `to`, of at most `left` bytes, which is lowered by as many:
/// what archives say of sizes is not believed.
fn write(
    entry: &mut impl Read,
    inside: &Path,
    to: &Path,
    left: &mut u64,
    most_bytes: u64,
) -> Result<()> {
    let path = to.join(inside);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut file = File::create_new(&path)
        .with_context(|| format!("cannot write its {}", inside.display()))?;
    let written = std::io::copy(&mut entry.take(*left + 1), &mut file)?;
    *left = left.checked_sub(written).with_context(|| more_than(most_bytes))?;
    Ok(())
}

/// All that a reader has, of at most `left` bytes, which is lowered by as many; none where there
/// is more.
///
/// # Errors
/// Where it is damaged.
pub fn read_within(from: &mut impl Read, left: &mut u64) -> Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    from.take(*left + 1).read_to_end(&mut content)?;
    let Some(rest) = left.checked_sub(content.len() as u64) else { return Ok(None) };
    *left = rest;
    Ok(Some(content))
}

fn more_than(most_bytes: u64) -> String {
    format!("it unpacks to more than {} MB, which no data set known here does", most_bytes >> 20)
}

/// Checks that a name stays below the folder that it is unpacked into.
fn stays_inside(name: &Path) -> Result<()> {
    let below = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    ensure!(
        name.components().all(below),
        "it names a file outside of itself, '{}'",
        name.display()
    );
    Ok(())
}
