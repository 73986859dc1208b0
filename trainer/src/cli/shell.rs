//! Arguments of the commands that help a shell and a reader.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Arguments of `fewshot completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Arguments of `fewshot man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder to write the pages to: fewshot.1, and one for each command
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}
