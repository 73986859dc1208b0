//! Build steps of the project, in Rust: `cargo xtask demo | test | web | …`.
//!
//! Cargo runs this program from a clean clone, so everything the other steps need (the wasm
//! target, npm's packages, a Chromium) is looked for here and installed where that is possible.
//! Nothing of the learner is here, and no step is needed to use the trainer: `cargo build` does.

mod bench;
mod cli;
mod command;
mod cuda;
mod data;
mod demo;
mod digest;
mod fuzz;
mod interop;
mod progress;
mod results;
mod serve;
mod setup;
mod study;
mod test;
mod trainer;
mod types;
mod web;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Task};
use crate::workspace::Workspace;

fn main() -> ExitCode {
    let Cli { task } = Cli::parse();
    match Workspace::find().and_then(|workspace| dispatch(&workspace, task)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(workspace: &Workspace, task: Task) -> anyhow::Result<ExitCode> {
    match task {
        // It ends with its own table, whose last line must stay the last.
        Task::Test(arguments) => return test::run(workspace, &arguments),
        Task::Demo(arguments) => demo::run(workspace, &arguments)?,
        Task::Web(arguments) => web::run(workspace, &arguments).map(|_site| ())?,
        Task::Wasm => web::wasm(workspace)?,
        Task::Types => types::run(workspace)?,
        Task::Serve(arguments) => demo::serve_folder(&arguments)?,
        Task::Results(arguments) => results::run(workspace, &arguments)?,
        Task::Study(arguments) => study::run(workspace, &arguments)?,
        Task::Bench(arguments) => bench::run(workspace, &arguments)?,
        Task::Cuda(arguments) => cuda::run(workspace, &arguments)?,
        Task::Fuzz(arguments) => fuzz::run(workspace, &arguments)?,
        Task::Interop => interop::run(workspace)?,
    }
    Ok(ExitCode::SUCCESS)
}
