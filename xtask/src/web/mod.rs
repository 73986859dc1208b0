//! `cargo xtask web`: the page as a static folder.
//!
//! Rust to WebAssembly (cargo, wasm-bindgen as a library, wasm-opt), the weights beside it, then
//! Vite. Every step is skipped when its input has not changed, except Vite's, which takes seconds.

mod module;
mod site;
mod weights;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cli::Web;
use crate::setup::{node, npm, rust_target};
use crate::workspace::Workspace;
use module::Modules;

/// Builds the whole site and returns its folder.
pub fn run(workspace: &Workspace, arguments: &Web) -> Result<PathBuf> {
    build(workspace, arguments, Modules::Both)
}

/// The project's own site with one module for all browsers, as it was compiled, to look at it soon.
pub fn quick(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, &Web::default(), Modules::One)
}

fn build(workspace: &Workspace, arguments: &Web, modules: Modules) -> Result<PathBuf> {
    // Whatever can be wrong with the arguments is found before minutes of compiling.
    let out = checked(workspace, arguments)?;
    set_up(&workspace.web())?;
    module::build(workspace, modules)?;
    lay_out(workspace, arguments, &out, modules == Modules::Both)?;
    Ok(out)
}

/// A site around the modules that `wasm` has made.
pub fn site(workspace: &Workspace, arguments: &Web) -> Result<PathBuf> {
    let out = checked(workspace, arguments)?;
    lay_out(workspace, arguments, &out, true)?;
    Ok(out)
}

/// The folder the site goes to.
fn checked(workspace: &Workspace, arguments: &Web) -> Result<PathBuf> {
    let out = arguments.out.clone().unwrap_or_else(|| workspace.web().join("dist"));
    site::check_out(&out, arguments.out.is_some())?;
    if let Some(file) = &arguments.weights {
        weights::check(file)?;
    }
    Ok(out)
}

fn lay_out(workspace: &Workspace, arguments: &Web, out: &Path, limited: bool) -> Result<()> {
    weights::lay_out(workspace, arguments.weights.as_deref())?;
    site::build(workspace, arguments.title.as_deref(), out, limited)
}

/// Everything up to the module in `web/package/src/generated/`.
pub fn wasm(workspace: &Workspace) -> Result<()> {
    set_up(&workspace.web())?;
    module::build(workspace, Modules::Both)
}

/// Looks for, or installs, what the page's build needs.
pub fn set_up(web: &Path) -> Result<()> {
    rust_target::ensure(rust_target::WASM)?;
    node::ensure()?;
    npm::ensure(web, npm::PAGE)
}
