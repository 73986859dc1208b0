//! Files made to do harm, and files damaged at random: one sentence, soon, in little
//! memory.

mod headers;
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fewshot::rng::rng;
use fewshot_tests::hostile::{TARGETS, Target};

/// Longest time that reading one small file may take; far more than it does, for
/// machines that do other things meanwhile.
const SLOW: Duration = Duration::from_secs(5);
/// Where `FEWSHOT_FUZZ_SECONDS` says nothing else.
const SECONDS: u64 = 3;

/// Reads damaged files for as long as asked, the same ones in the same order each time.
fn survive(target: &Target) -> Result<()> {
    let seconds = std::env::var("FEWSHOT_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(SECONDS));
    let seeds = (target.seeds)()?;
    for seed in &seeds {
        (target.read)(seed).with_context(|| format!("{} in good order", target.name))?;
    }
    let (mut reads, mut good) = (0u64, 0u64);
    while Instant::now() < until {
        let bytes = mutate::damaged(&seeds, &mut rng(1, reads));
        let started = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.read)(&bytes)));
        let Ok(outcome) = outcome else {
            let kept = std::env::temp_dir().join(format!("fewshot-{}-{reads}", target.name));
            std::fs::write(&kept, &bytes).context("the file cannot be kept")?;
            bail!("{} panics at file {reads}, kept as {}", target.name, kept.display());
        };
        let took = started.elapsed();
        ensure!(took < SLOW, "{} takes {took:?} for file {reads}", target.name);
        good += u64::from(outcome.is_ok());
        reads += 1;
    }
    println!("{}: {reads} damaged files read, {good} of them without an error", target.name);
    ensure!(reads > 20, "{} is too slow: {reads} files", target.name);
    Ok(())
}

fn named(name: &str) -> Result<()> {
    survive(TARGETS.iter().find(|target| target.name == name).context("no such target")?)
}

macro_rules! targets {
    ($($name:ident),+) => {
        $(#[test]
        fn $name() -> Result<()> {
            named(stringify!($name))
        })+

        #[test]
        fn every_target_is_tried() {
            let tried = [$(stringify!($name)),+];
            assert!(TARGETS.iter().all(|target| tried.contains(&target.name)));
        }
    };
}

targets!(weights, classifiers, pictures, archives, zips_of_pictures, lists, recipes, state_dicts);
