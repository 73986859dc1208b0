//! Files brought to another place without ever writing over anything there.

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{beside, fault};

/// How a file gets to its new place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placing {
    /// Its bytes, rights and time of change.
    Copy,
    /// Another name of the same file.
    HardLink,
    /// A pointer to its path.
    SymbolicLink,
    /// The file itself; by way of a copy where the new place is on another disk.
    Move,
}

/// Brings `from`, an absolute path, to `to`, whose folder is made where it is missing.
/// Whoever looks at `to` finds nothing or all of it; a process that is ended in the
/// middle of a move leaves the file at one of the two places, or at both.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] where something has the name `to`; where the file cannot
/// be read or the place not be written. Nothing has changed then.
pub fn place(from: &Path, to: &Path, how: Placing) -> Result<()> {
    let folder = to.parent().ok_or(ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    fault::step()?;
    match how {
        Placing::Copy => copy(from, to, folder, false),
        // Of the file, where `from` is itself a pointer to it.
        Placing::HardLink => fs::hard_link(from.canonicalize()?, to),
        Placing::SymbolicLink => point(from, to),
        Placing::Move => relocate(from, to, folder),
    }
}

/// Whether two files hold the same bytes.
///
/// # Errors
/// Where one cannot be read.
pub fn same_content(one: &Path, other: &Path) -> Result<bool> {
    let lengths = [one, other].map(|path| fs::metadata(path).map(|metadata| metadata.len()));
    let [one_length, other_length] = lengths;
    Ok(one_length? == other_length? && fs::read(one)? == fs::read(other)?)
}

fn copy(from: &Path, to: &Path, folder: &Path, flush: bool) -> Result<()> {
    let beside = beside(folder)?;
    fs::copy(from, beside.path())?;
    if let Ok(changed) = fs::metadata(from)?.modified() {
        // A disk that cannot keep the time still keeps the picture.
        let _ = beside.as_file().set_modified(changed);
    }
    if flush {
        beside.as_file().sync_all()?;
    }
    fault::step()?;
    beside.persist_noclobber(to).map_err(|error| error.error)?;
    Ok(())
}

/// A rename would write over what is there; a second name does not.
fn relocate(from: &Path, to: &Path, folder: &Path) -> Result<()> {
    if fs::symlink_metadata(from)?.is_symlink() {
        let why = "it is a symbolic link, which may lead nowhere from another folder; leave out \
                   --move to sort a copy of the picture";
        return Err(Error::new(ErrorKind::InvalidInput, why));
    }
    match fs::hard_link(from, to) {
        Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => {
            return Err(error);
        }
        // Another disk, or one without second names.
        Err(_) => copy(from, to, folder, true)?,
        Ok(()) => {}
    }
    fault::step()?;
    fs::remove_file(from).inspect_err(|_| {
        // A picture that may not leave its folder stays there alone.
        let _ = fs::remove_file(to);
    })
}

#[cfg(unix)]
fn point(from: &Path, to: &Path) -> Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(windows)]
fn point(from: &Path, to: &Path) -> Result<()> {
    std::os::windows::fs::symlink_file(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_gives_the_same_bytes_and_writes_over_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("taken"), "taken").unwrap();
        for (number, how) in
            [Placing::Copy, Placing::HardLink, Placing::SymbolicLink, Placing::Move]
                .into_iter()
                .enumerate()
        {
            let (from, to) = (path("picture"), path(&format!("new/{number}")));
            fs::write(&from, "bytes").unwrap();
            let error = place(&from, &path("taken"), how).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{how:?}");
            assert_eq!(fs::read_to_string(path("taken")).unwrap(), "taken");
            assert_eq!(fs::read_to_string(&from).unwrap(), "bytes");
            place(&from, &to, how).unwrap();
            assert_eq!(fs::read_to_string(&to).unwrap(), "bytes");
            assert_eq!(from.exists(), how != Placing::Move);
            assert_eq!(fs::read_dir(path("new")).unwrap().count(), number + 1, "left beside");
        }
    }

    #[test]
    fn a_copy_keeps_the_time_of_change() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        let file = fs::File::create(&from).unwrap();
        let then = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        file.set_modified(then).unwrap();
        place(&from, &to, Placing::Copy).unwrap();
        assert_eq!(fs::metadata(&to).unwrap().modified().unwrap(), then);
    }
}
