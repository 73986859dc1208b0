//! `fewshot sweep`: a grid of recipes, values and seeds as numbered jobs, each of which
//! any scheduler of array jobs runs, and one table of what came out.

mod gather;
mod plan;

use anyhow::{Context, Result, ensure};

use self::plan::{Job, Plan};
use super::train;
use crate::cli::{JobArgs, SweepArgs, SweepTask, TrainArgs};
use crate::output;
use crate::run_dir::standing::{Condition, Standing};

/// Where schedulers put the number of an array's job: SLURM, then Kubernetes.
const NUMBERS: [&str; 2] = ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"];

/// Runs the command.
///
/// # Errors
/// As the task's own.
pub fn run(args: &SweepArgs) -> Result<()> {
    match &args.task {
        SweepTask::Plan(args) => plan::write(args),
        SweepTask::Run(args) => job(args),
        SweepTask::Gather(args) => gather::run(args),
    }
}

/// Carries out a job from its beginning, or goes on with it where it was stopped.
fn job(args: &JobArgs) -> Result<()> {
    let plan = Plan::read(&args.dir)?;
    let number = match args.number {
        Some(number) => number,
        None => from_scheduler()?,
    };
    let count = plan.jobs.len();
    let job: &Job = plan.jobs.get(number).with_context(|| {
        format!("there is no job {number}: {} has {count}, from 0", args.dir.display())
    })?;
    eprintln!("job {number} of {count}: {}", job.sentence());
    let out = job.folder(&args.dir, number);
    if out.join("state.safetensors").exists() {
        if Standing::read(&out)?.condition == Condition::Finished {
            eprintln!("this job is finished");
            return output::line(out.join("best.safetensors").display());
        }
        let resume = Some(out);
        return train::run(&TrainArgs {
            resume,
            device: args.device.clone(),
            ..TrainArgs::default()
        });
    }
    train::run(&TrainArgs {
        recipe: Some(plan::recipe_of(&args.dir, &job.recipe)),
        data: plan.data.clone(),
        also: plan.also.clone(),
        out: Some(out),
        resume: None,
        device: args.device.clone(),
        set: job.set.iter().cloned().chain([format!("seed={}", job.seed)]).collect(),
    })
}

fn from_scheduler() -> Result<usize> {
    let found = NUMBERS.iter().find_map(|name| Some((name, std::env::var(name).ok()?)));
    let (name, text) = found.with_context(|| {
        format!(
            "give the number of the job, or run this as an array job, which sets {}",
            NUMBERS.join(" or ")
        )
    })?;
    let number = text.parse();
    ensure!(number.is_ok(), "{name} is '{text}', not the number of a job");
    Ok(number?)
}
