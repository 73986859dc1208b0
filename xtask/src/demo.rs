//! `cargo xtask demo` and `cargo xtask serve`: the page, on this machine.

use anyhow::Result;

use crate::cli::{Demo, Serve, Web};
use crate::workspace::Workspace;
use crate::{serve, web};

/// Builds the page and serves it until the process is ended.
pub fn run(workspace: &Workspace, arguments: &Demo) -> Result<()> {
    let folder = web::run(workspace, &Web::default())?;
    serve_folder(&Serve { folder, port: arguments.port, base: "/".to_owned() })
}

/// Serves a folder until the process is ended.
pub fn serve_folder(arguments: &Serve) -> Result<()> {
    let site = serve::start(&arguments.folder, arguments.port, &arguments.base)?;
    println!("The page is at {} (Ctrl-C ends it)", site.address);
    site.wait()
}
