//! The steps that cargo does.
//!
//! They share cargo's build folder and few sets of features, so that each dependency is compiled
//! once to run (with the tests), once to be checked, and for wasm32.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::suite::Suite;
use crate::command;
use crate::cuda;
use crate::data;
use crate::setup::rust_target::{ARM, WASM};
use crate::workspace::Workspace;

/// All that runs natively but the build steps: cargo chooses features by what is built together,
/// and with those among it every dependency that both have would be compiled again.
const LEARNER: [&str; 5] = ["--workspace", "--exclude", "fewshot-wasm", "--exclude", "xtask"];

pub fn formatting(workspace: &Workspace) -> Result<()> {
    command::run(cargo(workspace).args(["fmt", "--all", "--check"]))
}

pub fn lints(workspace: &Workspace) -> Result<()> {
    let mut cargo = cargo(workspace);
    cargo.args(["clippy", "--workspace", "--exclude", "fewshot-wasm", "--all-targets"]);
    command::run(cargo.args(["--", "-D", "warnings"]))
}

pub fn wasm_lints(workspace: &Workspace) -> Result<()> {
    let mut cargo = cargo(workspace);
    cargo.args(["clippy", "--package", "fewshot", "--package", "fewshot-wasm", "--target", WASM]);
    command::run(command::without_flags(&mut cargo).args(["--", "-D", "warnings"]))
}

/// Checked, not run: that the kernels and their choice compile where no x86 instruction exists.
pub fn arm(workspace: &Workspace) -> Result<()> {
    let mut cargo = cargo(workspace);
    cargo.args(["check", "--package", "fewshot", "--tests", "--target", ARM]);
    command::run(command::without_flags(&mut cargo))
}

/// The CUDA-gated code, against a make-believe tool-kit: it compiles, and runs nothing.
pub fn cuda(workspace: &Workspace, suite: &mut Suite) {
    const LINTS: &str = "lints with CUDA";
    if cuda::supported() {
        suite.check(LINTS, || {
            let toolkit = cuda::stub(workspace)?;
            let mut cargo = cargo(workspace);
            cargo.args(["clippy", "--package", "fewshot", "--package", "fewshot-trainer"]);
            cargo.args(["--package", "fewshot-tests", "--features", "nccl", "--all-targets"]);
            command::run(toolkit.apply(&mut cargo)?.args(["--", "-D", "warnings"]))
        });
    } else {
        suite.skip(LINTS, "the make-believe tool-kit is for Linux on x86-64");
    }
    suite.skip("tests on a GPU", "on a machine with one `cargo xtask cuda` runs them");
}

/// The documentation, of the learner for whoever takes it as a crate: a link that leads nowhere
/// fails. The same packages as the lints', so that no dependency is checked again.
pub fn documentation(workspace: &Workspace) -> Result<()> {
    let mut cargo = cargo(workspace);
    cargo.args(["doc", "--workspace", "--exclude", "fewshot-wasm", "--no-deps"]);
    command::run(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

/// The learner as it would be published, unpacked and built by itself.
pub fn publication(workspace: &Workspace) -> Result<()> {
    let mut cargo = cargo(workspace);
    cargo.args(["publish", "--dry-run", "--allow-dirty", "--package", "fewshot"]);
    // It is built to see that it can be, nothing more.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "none").env("CARGO_INCREMENTAL", "0");
    command::run(&mut cargo)
}

/// Builds the trainer with the features its tests have, and returns the binary.
pub fn trainer(workspace: &Workspace) -> Result<PathBuf> {
    command::run(cargo(workspace).arg("build").args(LEARNER).arg("--bins"))?;
    let name = format!("fewshot{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.target.join("debug").join(name))
}

/// The tests that want real data say so when there is none.
pub fn tests(workspace: &Workspace, trainer: &Path, real: Option<&Path>) -> Result<(bool, String)> {
    let mut cargo = cargo(workspace);
    cargo.arg("test").args(LEARNER).arg("--no-fail-fast").env("FEWSHOT_BIN", trainer);
    if let Some((packed, real)) = data::packed(workspace).zip(real) {
        cargo.env("FEWSHOT_PACKED", packed).env("FEWSHOT_DATA", real);
    }
    command::run_and_keep(&mut cargo)
}

/// Writes what `tests/protocol.rs` compares, from the tests' own build.
pub fn renew_types(workspace: &Workspace) -> Result<()> {
    let mut cargo = cargo(workspace);
    cargo.arg("test").args(LEARNER).args(["--test", "protocol"]).env("FEWSHOT_RENEW", "1");
    command::run(&mut cargo)
}

/// The build steps' own tests, with what this program was compiled from.
pub fn build_steps(workspace: &Workspace) -> Result<(bool, String)> {
    let mut cargo = cargo(workspace);
    cargo.args(["test", "--package", "xtask", "--profile", "xtask"]);
    command::run_and_keep(&mut cargo)
}

fn cargo(workspace: &Workspace) -> Command {
    let mut cargo = command::cargo();
    cargo.current_dir(&workspace.root);
    // What is compiled once is compiled sooner without notes for the next time. Where such notes
    // are, somebody works here, and goes on with them.
    if !workspace.target.join("debug/incremental").exists() {
        cargo.env("CARGO_INCREMENTAL", "0");
    }
    cargo
}
