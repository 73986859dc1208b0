//! The commands, a file each. Each takes its arguments as typed data, prints
//! results on standard output and notes on standard error, and returns an error
//! that names what to do; `main` prints that once.

mod bench;
mod classes;
mod data;
mod embed;
pub mod eval;
mod export;
mod import;
mod info;
mod inputs;
mod next;
mod pictures;
mod predict;
mod publish;
mod runs;
mod shell;
mod support;
mod sweep;
mod table;
mod train;
mod tsne;

use anyhow::Result;

use crate::cli::Command;

/// Runs one command.
///
/// # Errors
/// Whatever went wrong, as a sentence with its cure.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Train(args) => train::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Predict(args) => predict::run(&args),
        Command::Next(args) => next::run(&args),
        Command::Embed(args) => embed::run(&args),
        Command::Tsne(args) => tsne::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Data(args) => data::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
        Command::Publish(args) => publish::run(&args),
    }
}
