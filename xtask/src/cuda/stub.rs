//! The tool-kit of make-believe: enough for every build script to succeed; nothing is linked.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::Toolkit;
use crate::command;

/// What the make-believe compiler says it is; candle's and cudarc's build scripts ask.
const VERSION: &str = "12.8";

const NVCC: &str = include_str!("nvcc.sh");

pub fn lay_out(home: &Path) -> Result<Toolkit> {
    let (bin, lib) = (home.join("bin"), home.join("lib"));
    for folder in [&bin, &lib] {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let nvcc = bin.join("nvcc");
    let script = NVCC.replace("@VERSION@", VERSION);
    // Rewritten only when it differs: build scripts look at its time and would run again.
    if fs::read_to_string(&nvcc).ok().as_deref() != Some(&script) {
        fs::write(&nvcc, script).with_context(|| format!("cannot write {}", nvcc.display()))?;
        make_executable(&nvcc)?;
    }
    let runtime = lib.join("libcudart.a");
    if !runtime.exists() {
        command::run(Command::new("ar").arg("crs").arg(&runtime))
            .context("the CUDA guard needs a C compiler and `ar` (Debian: apt-get install gcc)")?;
    }
    Ok(Toolkit { home: home.to_owned(), libraries: Vec::new() })
}

#[cfg(unix)]
fn make_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", file.display()))
}

#[cfg(not(unix))]
fn make_executable(_file: &Path) -> Result<()> {
    Ok(())
}
