//! One process at a time writes into a run's folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

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
    // Somebody who looks whether the folder is held has it for an instant.
    let mut patience = 5;
    let mut locked = file.try_lock();
    while matches!(locked, Err(TryLockError::WouldBlock)) && patience > 0 {
        std::thread::sleep(Duration::from_millis(20));
        locked = file.try_lock();
        patience -= 1;
    }
    match locked {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => bail!(
            "another process is training in {}; wait for its end, or choose another --out",
            folder.display()
        ),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Whether a process holds the folder of a run.
pub fn is_held(folder: &Path) -> bool {
    let Ok(file) = File::open(folder.join(FILE)) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
