//! `fewshot predict`: a person's own pictures by a person's own examples.
//!
//! The classifier is the learner's, the same that the page runs; here are only
//! the folders and what is printed.

pub mod report;
mod sort;
mod table;

use anyhow::{Context, Result, bail, ensure};
use candle_core::Device;
use fewshot::Model;

use super::pictures::{Readable, embed_readable};
use super::support::Lesson;
use super::{inputs, support};
use crate::cli::{AskArgs, PredictArgs};
use crate::data::Picture;
use crate::interrupt::{Interrupt, Stopped};
use crate::write::place::Placing;
use crate::{device, output, weights};

use report::{Names, Report};
use sort::Sorted;
use sort::undo::Undone;

/// Answers, and what had to be left without one.
#[derive(Debug)]
struct Answers {
    /// The queries that can be read, sorted by their names.
    pictures: Vec<Picture>,
    /// One for each of them.
    reports: Vec<Report>,
    /// Why the others cannot be.
    broken: Vec<anyhow::Error>,
    names: Names,
    /// What is said of a picture that belongs to none of the classes.
    none: String,
}

/// Runs the command.
///
/// # Errors
/// Where weights or examples cannot be used, or any of the pictures; the others
/// have their answers, and are sorted, by then.
pub fn run(args: &PredictArgs) -> Result<()> {
    match (&args.undo, &args.ask) {
        (Some(dir), _) => tell_undone(sort::undo::undo(dir)?),
        (None, Some(ask)) => answer(ask),
        (None, None) => bail!("give --weights, --support and --query, or --undo DIR"),
    }
}

fn answer(args: &AskArgs) -> Result<()> {
    if let Some(dir) = &args.sort {
        sort::check(args, dir)?;
    }
    let answers = predict(args)?;
    for report in &answers.reports {
        if args.json {
            output::line(serde_json::to_string(report)?)?;
        } else if args.csv.is_none() && args.sort.is_none() {
            output::line(report)?;
        }
    }
    // Before the pictures move: a table that cannot be written leaves them where they are.
    if let Some(path) = &args.csv {
        table::write(&answers, path)?;
        say(args, &format!("{}: {}", path.display(), pictures(answers.reports.len())))?;
    }
    let sorted = match &args.sort {
        Some(dir) => {
            if answers.reports.iter().all(|report| report.none_of_these.is_none()) {
                eprintln!("note: this model cannot tell pictures of none of the classes");
            }
            let interrupt = Interrupt::on_signal()?;
            let sorted = sort::sort(&answers, dir, args.placing(), &interrupt)?;
            say(args, &format!("{}: {}", dir.display(), told(&sorted, args.placing())))?;
            sorted
        }
        None => Sorted::default(),
    };
    for error in &answers.broken {
        eprintln!("{}", output::one_line(&format!("no answer: {error:#}")));
    }
    if sorted.not_reached > 0 {
        eprintln!("{} not come to; the same command goes on", pictures(sorted.not_reached));
        return Err(Stopped.into());
    }
    let (broken, asked) = (answers.broken.len(), answers.reports.len() + answers.broken.len());
    ensure!(broken == 0, "{broken} of {asked} pictures could not be read");
    ensure!(
        sorted.left.is_empty(),
        "{} of {asked} pictures could not be sorted and are where they were",
        sorted.left.len()
    );
    Ok(())
}

/// Results, where objects are not.
fn say(args: &AskArgs, sentence: &str) -> Result<()> {
    if args.json {
        eprintln!("{sentence}");
        return Ok(());
    }
    output::line(sentence)
}

/// What `--sort` did, in one line; the pictures that stay are named on lines of their own.
fn told(sorted: &Sorted, how: Placing) -> String {
    for why in &sorted.left {
        eprintln!("{}", output::one_line(&format!("not sorted: {why}")));
    }
    for name in &sorted.undecided {
        eprintln!("not sorted: {name}: two classes are equally likely");
    }
    let total = sorted.folders.iter().map(|(_name, count)| count).sum();
    let did = match how {
        Placing::Copy => "copied",
        Placing::HardLink | Placing::SymbolicLink => "linked",
        Placing::Move => "moved",
    };
    let filled = sorted.folders.iter().filter(|(_name, count)| *count > 0);
    let each = filled.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>();
    let mut told = format!("{} {did}", pictures(total));
    if !each.is_empty() {
        told += &format!(" ({})", each.join(", "));
    }
    for (count, what) in [
        (sorted.already, "already there"),
        (sorted.undecided.len(), "undecided and left"),
        (sorted.left.len(), "left for another reason"),
    ] {
        if count > 0 {
            told += &format!(", {count} {what}");
        }
    }
    told
}

fn tell_undone(undone: Undone) -> Result<()> {
    let Undone { back, removed, left } = undone;
    output::line(match (back, removed) {
        (0, removed) => format!("{removed} copies and links removed"),
        (back, 0) => format!("{} put back", pictures(back)),
        (back, removed) => {
            format!("{} put back, {removed} copies and links removed", pictures(back))
        }
    })?;
    for why in &left {
        eprintln!("{}", output::one_line(&format!("left: {why}")));
    }
    ensure!(
        left.is_empty(),
        "{} could not be undone and stay, in the folder as in its log",
        pictures(left.len())
    );
    Ok(())
}

fn pictures(count: usize) -> String {
    if count == 1 { "1 picture".into() } else { format!("{count} pictures") }
}

fn lesson(args: &AskArgs) -> Lesson<'_> {
    Lesson {
        support: &args.support,
        head: args.head,
        distance: args.distance,
        hallucinate: args.hallucinate,
        seed: args.seed,
    }
}

/// Answers the queries.
fn predict(args: &AskArgs) -> Result<Answers> {
    let queries = inputs::loose_pictures(&args.query)?;
    let device = device::pick(args.device)?;
    let checkpoint = weights::read(&args.weights)?;
    // The classifier is small and stays on the CPU; pictures are embedded on the device.
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
    let on_device = Model::from_checkpoint(&checkpoint, &device)?;
    let mut classifier =
        support::classifier(&lesson(args), &checkpoint, &model, &on_device, &device).with_context(
            || {
                let (support, weights) = (args.support.display(), args.weights.display());
                format!("cannot learn from {support} with {weights}")
            },
        )?;
    let Readable { pictures, features, broken } = embed_readable(&on_device, &queries, &device)?;
    let names = Names::of(&classifier.active().collect::<Vec<_>>());
    let threshold = model.config.rejection.as_ref().map(|rejection| rejection.threshold);
    let hallucinates = classifier.settings().hallucinations > 0;
    let predictions = classifier.predict(&features.to_device(&Device::Cpu)?)?;
    let report = |(query, prediction): (&Picture, fewshot::classifier::Prediction)| {
        Report::new(query.name.clone(), prediction, &names, threshold, hallucinates)
    };
    let reports = pictures.iter().zip(predictions).map(report).collect();
    let none = names.none();
    Ok(Answers { pictures, reports, broken, names, none })
}

#[cfg(test)]
mod tests;
