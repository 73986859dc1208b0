//! `cargo xtask types`: what crosses between TypeScript and the learner, from Rust to TypeScript.

use std::process::Command;

use anyhow::Result;

use crate::command;
use crate::setup::{node, npm};
use crate::test::crates;
use crate::workspace::Workspace;

pub fn run(workspace: &Workspace) -> Result<()> {
    let web = workspace.web();
    node::ensure()?;
    npm::ensure(&web, npm::PAGE)?;
    crates::renew_types(workspace)?;
    let mut biome = Command::new(npm::tool(&web, "biome")?);
    biome.args(["format", "--write", "package/src/types.ts"]);
    command::run(biome.current_dir(&web))
}
