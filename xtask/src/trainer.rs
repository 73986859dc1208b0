//! The trainer's command, as it is measured and evaluated with: built for release.

use std::path::PathBuf;

use anyhow::Result;

use crate::command;
use crate::progress::step;
use crate::workspace::Workspace;

/// Builds it and says where it is.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    step("build the trainer", || {
        let mut cargo = command::cargo();
        cargo.args(["build", "--release", "--package", "fewshot-trainer"]);
        command::run(cargo.current_dir(&workspace.root))
    })?;
    let name = format!("fewshot{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.target.join("release").join(name))
}
