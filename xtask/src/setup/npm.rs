//! npm packages, the page's and others', exactly as a lock file names them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command;
use crate::digest::{Stamp, read};
use crate::progress::{step, unchanged};

/// What the packages in `web/` are called.
pub const PAGE: &str = "the page's npm packages";

/// Installs into `folder`, unless the same lock file was installed before.
pub fn ensure(folder: &Path, what: &str) -> Result<()> {
    let lock = read(&folder.join("package-lock.json"))?;
    let stamp = Stamp::new(folder.join("node_modules/.fewshot-stamp"), &lock);
    if stamp.is_fresh() {
        unchanged(what, "unchanged");
        return Ok(());
    }
    step(&format!("install {what}"), || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
        command::run(&mut npm).with_context(|| {
            format!(
                "npm could not install the packages of {}/package-lock.json: look at its message \
                 above, see that this machine reaches the npm registry, and run this again",
                folder.display()
            )
        })?;
        stamp.write()
    })
}

/// A tool that one of the packages brings.
pub fn tool(web: &Path, name: &str) -> Result<PathBuf> {
    let path = web.join("node_modules/.bin").join(name);
    ensure!(
        path.exists(),
        "web/package.json brings no `{name}`: add its package to devDependencies, run `npm install` in web/"
    );
    Ok(path)
}
