//! Build steps of the project, in Rust: `cargo xtask demo | test | web | …`.
//!
//! Cargo runs this program from a clean clone, so everything the other steps need (the wasm
//! target, npm's packages, a Chromium) is looked for here and installed where that is possible.
//! Nothing of the learner is here, and no step is needed to use the trainer: `cargo build` does.

mod cli;
mod command;
mod demo;
mod digest;
mod progress;
mod serve;
mod setup;
mod web;
mod workspace;

use clap::Parser;

use crate::cli::{Cli, Task};
use crate::workspace::Workspace;

fn main() -> std::process::ExitCode {
    let Cli { task } = Cli::parse();
    match Workspace::find().and_then(|workspace| dispatch(&workspace, task)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn dispatch(workspace: &Workspace, task: Task) -> anyhow::Result<()> {
    match task {
        Task::Demo(arguments) => demo::run(workspace, &arguments),
        Task::Web(arguments) => web::run(workspace, &arguments).map(|_site| ()),
        Task::Wasm => web::wasm(workspace),
        Task::Serve(arguments) => demo::serve_folder(&arguments),
    }
}
