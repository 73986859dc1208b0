//! Where things are, as cargo itself tells.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::command;

/// The folders of the project.
pub struct Workspace {
    /// The repository.
    pub root: PathBuf,
    /// Cargo's build folder, which may lie elsewhere.
    pub target: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
}

impl Workspace {
    pub fn find() -> Result<Self> {
        let metadata = metadata(&["--no-deps"])?;
        Ok(Self { root: metadata.workspace_root, target: metadata.target_directory })
    }

    /// The page's folder.
    pub fn web(&self) -> PathBuf {
        self.root.join("web")
    }

    /// A path as a person reads it: relative to the repository where it lies inside.
    pub fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

/// Where cargo unpacked the source of a dependency.
pub fn dependency_source(name: &str) -> Result<PathBuf> {
    let metadata = metadata(&["--all-features"])?;
    let mut found = metadata.packages.into_iter().filter(|package| package.name == name);
    let (Some(package), None) = (found.next(), found.next()) else {
        bail!("Cargo.lock must hold exactly one version of `{name}`; run `cargo update {name}`");
    };
    let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
    Ok(folder.to_owned())
}

fn metadata(extra: &[&str]) -> Result<Metadata> {
    let mut cargo = command::cargo();
    cargo.args(["metadata", "--format-version", "1"]).args(extra);
    // Set while cargo runs this program; otherwise the folder it was compiled in.
    let manifest_dir =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    cargo.current_dir(manifest_dir);
    let json = command::output(&mut cargo)?;
    serde_json::from_str(&json).context("cannot read what `cargo metadata` printed")
}
