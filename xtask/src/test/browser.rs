//! The page's own checks: types, lints, unit tests, and the built page in real browsers.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::command;
use crate::serve;
use crate::workspace::Workspace;

pub fn types_and_lints(web: &Path) -> Result<()> {
    command::run(Command::new("npm").args(["run", "--silent", "check"]).current_dir(web))
}

pub fn unit_tests(web: &Path) -> Result<(bool, String)> {
    command::run_and_keep(Command::new("npm").args(["run", "--silent", "test"]).current_dir(web))
}

/// The page's own tests.
pub const TESTS: &str = "test:browser";
/// A page that grows to two thousand pictures: minutes, with the machine to itself.
pub const GROWTH: &str = "growth";

/// One of npm's scripts, with the site served under a base path as a project page of a host has it.
/// The browsers are programs by the variables that name them to the tests.
pub fn run(
    workspace: &Workspace,
    site: &Path,
    browsers: &[(&str, PathBuf)],
    script: &str,
) -> Result<(bool, String)> {
    let served = serve::start(serve::listen(Some(0))?, site, "/fewshot/")?;
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent", script]).current_dir(workspace.web());
    npm.env("BASE", &served.address).envs(browsers.iter().map(|(name, path)| (name, path)));
    npm.env("NO_COLOR", "1");
    // The same binary as the tests of the crates use: native and browser must agree.
    npm.env("FEWSHOT_BIN", workspace.target.join("debug/fewshot"));
    command::run_and_keep(&mut npm)
}
