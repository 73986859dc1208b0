//! `fewshot data`: which data sets are known, fetching, checking and writing them.

mod export;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::cli::{DataArgs, DataTask};
use crate::data::{
    Findings, KNOWN, Known, Remote, Split, Unpack, check, fetch, known, open, unpack,
};
use crate::output;
use crate::progress::Progress;

/// Pairs of equal pictures that are named; the rest are counted.
const PAIRS_NAMED: usize = 10;

/// Runs the command.
///
/// # Errors
/// Where a data set is not known, cannot be fetched or written, or has pictures
/// that cannot be used.
pub fn run(args: &DataArgs) -> Result<()> {
    match &args.task {
        DataTask::List => output::line(list()),
        DataTask::Download { name, to } => download(name, to),
        DataTask::Check { dir } => {
            let findings = check(Some(dir))?;
            output::line(describe(&findings))?;
            match (findings.broken.len(), findings.leaks.len()) {
                (0, 0) => Ok(()),
                (0, count) => bail!(
                    "{count} pictures of {} are on two sides of the split; remove them from one",
                    dir.display()
                ),
                (count, _) => bail!("{count} pictures of {} cannot be used", dir.display()),
            }
        }
        DataTask::Export { to, size } => export::run(to, *size),
    }
}

fn list() -> String {
    let mut text = String::from(
        "synthetic\n  350 procedural species, 40 pictures of each, drawn on demand\n  \
         use       give no --data\n",
    );
    for set in &KNOWN {
        let get = match set.files {
            [] => set.by_hand.to_owned(),
            _ => format!("fewshot data download {}", set.name),
        };
        text.push_str(&format!(
            "\n{}\n  {}\n  published {}\n  terms     {}\n  layout    {}\n  get       {get}\n",
            set.name, set.about, set.published, set.terms, set.layout
        ));
    }
    text.push_str(
        "\nyour own pictures\n  a folder with a folder of pictures for each class; with train/, \
         val/ and test/ of such folders the split is yours",
    );
    text
}

fn download(name: &str, to: &Path) -> Result<()> {
    let Some(set) = known(name) else {
        let names: Vec<&str> = KNOWN.iter().map(|set| set.name).collect();
        bail!("there is no data set '{name}'; `fewshot data list` knows {}", names.join(", "));
    };
    let folder = to.join(set.name);
    eprintln!("{name}: {}", terms(set));
    if set.files.is_empty() {
        bail!(
            "{name} cannot be fetched by a program: {} ({}); it must lie as {}, in {}",
            set.by_hand,
            set.published,
            set.layout,
            folder.display()
        );
    }
    get(set, &folder)
        .with_context(|| format!("cannot get {name} ({}: {})", set.published, set.by_hand))?;
    // Whoever published it may have changed it: opening shows whether it is usable.
    let source = open(Some(&folder))?;
    let splits: Vec<&str> = source.splits().map(Split::name).collect();
    output::line(format!("{}: {}, {}", folder.display(), source.name(), splits.join(", ")))
}

/// What there is to know before anything is fetched.
fn terms(set: &Known) -> String {
    let bytes: u64 = set.files.iter().map(|file| file.bytes).sum();
    let size = match bytes {
        0 => String::new(),
        _ => format!("{} MB; ", bytes.div_ceil(1_000_000)),
    };
    format!("{size}published at {}; terms of use: {}", set.published, set.terms)
}

/// Fetches what is not there yet.
fn get(set: &Known, folder: &Path) -> Result<()> {
    // What an archive is unpacked into shows that it was fetched before.
    let is_unpacked = |file: &Remote| file.unpack != Unpack::Nothing;
    if set.files.iter().any(is_unpacked) && open(Some(folder)).is_ok() {
        return Ok(());
    }
    for file in set.files {
        let path = folder.join(file.path);
        if !path.exists() {
            let progress = Progress::of_bytes(file.path);
            fetch(file, &path, &|done, all| {
                progress.set_length(all);
                progress.set(done as usize);
            })?;
            progress.finish();
        }
        if file.unpack != Unpack::Nothing {
            eprintln!("unpacking {}", path.display());
            unpack(&path, folder, file.unpack)?;
        }
    }
    Ok(())
}

fn describe(findings: &Findings) -> String {
    let mut text = findings.name.clone();
    for (split, classes, images) in &findings.splits {
        text.push_str(&format!("\n  {split:<5} {classes} classes, {images} pictures"));
    }
    for (first, second) in findings.leaks.iter().take(PAIRS_NAMED) {
        text.push_str(&format!("\n  on two sides of the split: {first} and {second}"));
    }
    match findings.leaks.len().saturating_sub(PAIRS_NAMED) {
        0 => {}
        more => text.push_str(&format!("\n  and {more} more that are on two sides")),
    }
    if findings.splits.len() > 1 && findings.leaks.is_empty() {
        text.push_str("\n  no class and no picture is on two sides of the split");
    }
    if let Some(sentence) = findings.unread.sentence() {
        text.push_str(&format!("\n  {sentence}"));
    }
    for sentence in &findings.broken {
        text.push_str(&format!("\n  broken: {}", output::one_line(sentence)));
    }
    for (first, second) in findings.duplicates.iter().take(PAIRS_NAMED) {
        text.push_str(&format!("\n  the same picture: {first} and {second}"));
    }
    match findings.duplicates.len().saturating_sub(PAIRS_NAMED) {
        0 => {}
        more => text.push_str(&format!("\n  and {more} more that are the same as others")),
    }
    if findings.broken.is_empty() {
        text.push_str("\n  every picture of these classes can be read");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Unread;

    #[test]
    fn every_data_set_is_listed_with_what_to_do() {
        let text = list();
        for set in &KNOWN {
            assert!(text.contains(set.name) && text.contains(set.terms), "{}", set.name);
        }
        for name in ["omniglot", "cifar-fs", "tiny-imagenet-200", "caltech101"] {
            assert!(text.contains(&format!("fewshot data download {name}")), "{text}");
        }
        let error = download("mini-imagenet", Path::new("sets")).unwrap_err().to_string();
        for part in ["cannot be fetched", "image-net.org", "an account", "sets/mini-imagenet"] {
            assert!(error.contains(part), "{part} in {error}");
        }
        let error = download("cifar", Path::new("data")).unwrap_err().to_string();
        assert!(error.contains("no data set 'cifar'") && error.contains("omniglot"), "{error}");
    }

    #[test]
    fn what_is_there_already_is_not_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        let set = known("omniglot").unwrap();
        for file in set.files {
            let path = folder.path().join(file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        get(set, folder.path()).unwrap();
    }

    #[test]
    fn a_check_counts_and_names() {
        let findings = Findings {
            name: "mine".into(),
            splits: vec![(Split::Train.into(), 3, 40)],
            unread: Unread::default(),
            broken: vec!["torn.png is broken".into()],
            duplicates: vec![("a".into(), "b".into()); 12],
            leaks: vec![("c (train)".into(), "d (test)".into()); 11],
        };
        let text = describe(&findings);
        for part in [
            "train 3 classes, 40",
            "broken: torn.png",
            "a and b",
            "and 2 more that are the",
            "c (train) and d (test)",
            "and 1 more that are on",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("can be read"));
    }
}
