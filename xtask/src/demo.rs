//! `cargo xtask demo` and `cargo xtask serve`: the page, on this machine.

use anyhow::Result;

use crate::cli::{Demo, Serve};
use crate::serve::{self, Site};
use crate::web;
use crate::workspace::Workspace;

/// Builds the page and serves it until the process is ended.
pub fn run(workspace: &Workspace, arguments: &Demo) -> Result<()> {
    // A port that cannot be had is told now, not after minutes of building.
    let listener = serve::listen(arguments.port)?;
    let folder = web::quick(workspace)?;
    wait(serve::start(listener, &folder, "/")?)
}

/// Serves a folder until the process is ended.
pub fn serve_folder(arguments: &Serve) -> Result<()> {
    wait(serve::start(serve::listen(arguments.port)?, &arguments.folder, &arguments.base)?)
}

fn wait(site: Site) -> Result<()> {
    println!("The page is at {} (Ctrl-C ends it)", site.address);
    site.wait()
}
