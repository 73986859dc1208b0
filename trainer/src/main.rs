//! The `fewshot` command: reads the command line, runs one command, and prints
//! its error, once and on one line. Everything else is the library's.

use std::process::ExitCode;

use clap::Parser;
use fewshot_trainer::{cli::Cli, commands, interrupt, output};

/// Keeps freed memory for a while: a training step asks for the same hundreds of megabytes as the
/// one before, and from the system each page of them comes zeroed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Usage errors end here, with clap's message and exit status 2.
    let cli = Cli::parse();
    match commands::run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the results has had enough, as with `| head`.
        Err(error) if output::is_closed(&error) => ExitCode::SUCCESS,
        // What it left has been said.
        Err(error) if error.is::<interrupt::Stopped>() => ExitCode::from(interrupt::STATUS),
        Err(error) => {
            eprintln!("error: {}", output::one_line(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}
