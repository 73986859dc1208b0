//! Arguments of the commands that are about many runs.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::device::Devices;

/// Arguments of `fewshot runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// Folder with runs in it, at any depth
    #[arg(value_name = "DIR", default_value = "runs")]
    pub dir: PathBuf,
    /// Print one JSON object for each run, a line each
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `fewshot sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// What to do.
    #[command(subcommand)]
    pub task: SweepTask,
}

/// What to do with a sweep.
#[derive(Debug, Subcommand)]
pub enum SweepTask {
    /// Write down a grid of recipes, values and seeds as numbered jobs
    Plan(PlanArgs),
    /// Carry out one job, or go on with it where it was stopped
    Run(JobArgs),
    /// One table of all jobs: mean and 95 % interval over the seeds
    Gather(GatherArgs),
}

/// Arguments of `fewshot sweep plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Folder of the sweep, which is made: its plan and its runs
    #[arg(value_name = "SWEEP")]
    pub dir: PathBuf,
    /// Recipe: the name of one that is built in, or a TOML file; may be given again
    #[arg(long, value_name = "NAME|FILE.toml", required = true)]
    pub recipe: Vec<String>,
    /// Folder of the data set [default: the procedural data set]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Folder of a data set of another kind of pictures, as for `fewshot train`
    #[arg(long, value_name = "DIR")]
    pub also: Vec<PathBuf>,
    /// Change one value of the recipe for all jobs; may be given again
    #[arg(long = "set", value_name = "key=value")]
    pub set: Vec<String>,
    /// A value of the recipe that is tried; given again with the same key, each of its values is,
    /// with each of every other key's
    #[arg(long, value_name = "key=value")]
    pub vary: Vec<String>,
    /// Seeds, each of which every combination is trained with
    #[arg(long, value_name = "SEED", value_delimiter = ',', default_values_t = [0])]
    pub seeds: Vec<u64>,
}

/// Arguments of `fewshot sweep run`.
#[derive(Debug, Args)]
pub struct JobArgs {
    /// Folder of the sweep
    #[arg(value_name = "SWEEP")]
    pub dir: PathBuf,
    /// Number of the job, from 0 [default: that of the array job, from SLURM_ARRAY_TASK_ID or
    /// JOB_COMPLETION_INDEX]
    #[arg(value_name = "N")]
    pub number: Option<usize>,
    /// Where to compute: auto, cpu, cuda, cuda:N, several GPUs as cuda:N,M, or metal
    #[arg(long, default_value_t = Devices::default())]
    pub device: Devices,
}

/// Arguments of `fewshot sweep gather`.
#[derive(Debug, Args)]
pub struct GatherArgs {
    /// Folder of the sweep
    #[arg(value_name = "SWEEP")]
    pub dir: PathBuf,
    /// Print one JSON object for each combination, a line each
    #[arg(long)]
    pub json: bool,
}
