//! The real data sets, where they lie: in archives beside the repository (or where
//! `FEWSHOT_DATA` says), unpacked once below the build folder by the archives' own script.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::progress::step;
use crate::workspace::Workspace;

const BESIDE: &str = "../shared/data";

/// The folder of the archives, where there is one.
pub fn packed(workspace: &Workspace) -> Option<PathBuf> {
    let folder =
        std::env::var_os("FEWSHOT_DATA").map_or_else(|| workspace.root.join(BESIDE), PathBuf::from);
    folder.join("unpack.sh").is_file().then_some(folder)
}

/// The folder of the unpacked data sets; `None` where there are no archives.
pub fn unpacked(workspace: &Workspace) -> Result<Option<PathBuf>> {
    let Some(packed) = packed(workspace) else { return Ok(None) };
    let to = workspace.target.join("data");
    if to.is_dir() {
        return Ok(Some(to));
    }
    // Beside its place, so that what is there is whole.
    let partial = workspace.target.join("data.partial");
    if partial.exists() {
        fs::remove_dir_all(&partial)
            .with_context(|| format!("cannot remove {}", partial.display()))?;
    }
    step("unpack the data sets", || {
        command::run(Command::new("sh").arg(packed.join("unpack.sh")).arg(&partial))?;
        fs::rename(&partial, &to).with_context(|| format!("cannot write {}", to.display()))
    })?;
    Ok(Some(to))
}
