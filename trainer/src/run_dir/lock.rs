//! One process at a time writes into a run's folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Its name in the folder; its content is nothing.
pub const FILE: &str = ".lock";

/// Holds the folder of a run until dropped; the system lets go of it when the
/// process ends, however it does. None where the file system has no locks.
///
/// # Errors
/// Where another process holds it, or nothing can be written there.
pub fn hold(folder: &Path) -> Result<Option<File>> {
    let path = folder.join(FILE);
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).open(&path).with_context(
            || format!("cannot write {}: check the folder's rights", path.display()),
        )?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => bail!(
            "another process is training in {}; wait for its end, or choose another --out",
            folder.display()
        ),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}
