//! `fewshot completions` and `fewshot man`: what clap's definition of the command line
//! says, for shells and for readers.

use anyhow::{Context, Result};
use clap::CommandFactory as _;

use crate::cli::{Cli, CompletionsArgs, ManArgs};
use crate::{output, write};

/// Prints the script that completes `fewshot` in a shell.
///
/// # Errors
/// Where standard output is closed.
pub fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "fewshot", &mut script);
    output::line(String::from_utf8(script).context("the script is not text")?.trim_end())
}

/// Writes a manual page for the program and for each of its commands.
///
/// # Errors
/// Where the folder cannot be written.
pub fn man(args: &ManArgs) -> Result<()> {
    let written = std::fs::create_dir_all(&args.to)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), &args.to));
    written.map_err(|error| write::explained(&args.to, error))?;
    output::line(args.to.join("fewshot.1").display())
}
