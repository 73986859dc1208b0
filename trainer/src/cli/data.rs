//! Arguments of `fewshot data`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `fewshot data`.
#[derive(Debug, Args)]
pub struct DataArgs {
    /// What to do with data.
    #[command(subcommand)]
    pub task: DataTask,
}

/// What to do with data.
#[derive(Debug, Subcommand)]
pub enum DataTask {
    /// List the data sets that are known: where they are published, on what terms, how to lay
    /// them out
    List,
    /// Download a data set; run again to go on where a download broke off
    Download {
        /// Name of the data set, as `fewshot data list` prints it
        name: String,
        /// Folder in which the data set's own folder is made
        #[arg(long, value_name = "DIR", default_value = "data")]
        to: PathBuf,
    },
    /// Look at every picture of a data set: its splits, broken and repeated pictures
    Check {
        /// Folder of the data set
        dir: PathBuf,
    },
    /// Write the procedural data set as folders of PNG pictures
    Export {
        /// Folder to fill
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Side of each picture, pixels
        #[arg(long, value_name = "PIXELS", default_value_t = 84)]
        size: usize,
    },
}
