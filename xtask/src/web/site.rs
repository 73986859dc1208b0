//! From the page's sources to a folder of static files, with Vite.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command;
use crate::progress::step;
use crate::setup::npm;
use crate::workspace::Workspace;

/// Tells a folder that this command filled from one that holds a person's own files.
const MARKER: &str = ".fewshot-site";

/// Refuses a folder given with `--out` that holds anything but an earlier site: Vite empties it.
pub fn check_out(out: &Path, chosen: bool) -> Result<()> {
    if !chosen || !out.exists() || out.join(MARKER).exists() {
        return Ok(());
    }
    let mut entries =
        fs::read_dir(out).with_context(|| format!("cannot write the site to {}", out.display()))?;
    ensure!(
        entries.next().is_none(),
        "{} holds other files, which the site would replace: give a new or an empty folder",
        out.display()
    );
    Ok(())
}

/// Builds the site, with relative addresses so that it works under any base path; `limited` to the
/// sizes that visitors are owed.
pub fn build(workspace: &Workspace, title: Option<&str>, out: &Path, limited: bool) -> Result<()> {
    let web = workspace.web();
    let out = std::path::absolute(out)?;
    step(&format!("build the page into {}", workspace.shown(&out)), || {
        let mut vite = Command::new(npm::tool(&web, "vite")?);
        vite.args(["build", "--base", "./", "--emptyOutDir", "--outDir"]).arg(&out);
        vite.current_dir(&web);
        if let Some(title) = title {
            vite.env("VITE_TITLE", title);
        }
        if !limited {
            vite.env("FEWSHOT_UNLIMITED", "1");
        }
        command::run(&mut vite)?;
        fs::write(out.join(MARKER), "made by `cargo xtask web`; replaced when it runs again\n")
            .with_context(|| format!("cannot write to {}", out.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_other_files_is_never_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path();
        assert!(check_out(out, true).is_ok());
        fs::write(out.join("thesis.tex"), "").unwrap();
        assert!(check_out(out, true).unwrap_err().to_string().contains("holds other files"));
        fs::write(out.join(MARKER), "").unwrap();
        assert!(check_out(out, true).is_ok());
        assert!(check_out(&out.join("new"), true).is_ok());
    }
}
