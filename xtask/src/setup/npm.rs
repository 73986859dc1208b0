//! The page's npm packages, exactly as `web/package-lock.json` names them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command;
use crate::digest::{Stamp, read};
use crate::progress::{step, unchanged};

/// Installs unless the same lock file was installed before.
pub fn ensure(web: &Path) -> Result<()> {
    let lock = read(&web.join("package-lock.json"))?;
    let stamp = Stamp::new(web.join("node_modules/.fewshot-stamp"), &lock);
    if stamp.is_fresh() {
        unchanged("the page's npm packages", "unchanged");
        return Ok(());
    }
    step("install the page's npm packages", || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(web);
        command::run(&mut npm).context(
            "npm could not install the packages of web/package-lock.json: look at its message \
             above, see that this machine reaches the npm registry, and run this again",
        )?;
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
