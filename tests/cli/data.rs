//! `data`: what is known, and the check of a folder.

use std::fs;

use anyhow::{Result, ensure};
use fewshot_tests::{fewshot, fixture};

#[test]
fn list_names_every_data_set() -> Result<()> {
    let text = fewshot!("data", "list")?.succeeded()?.stdout;
    for name in ["omniglot", "cifar-fs", "mini-imagenet", "tiny-imagenet", "synthetic"] {
        ensure!(text.contains(name), "{name} is not in\n{text}");
    }
    Ok(())
}

#[test]
fn an_unknown_data_set_is_told_with_those_there_are() -> Result<()> {
    fewshot!("data", "download", "imagenet-22k")?.refused(&["imagenet-22k", "omniglot"])
}

#[test]
fn what_no_program_may_fetch_is_told_with_its_terms_and_what_to_do() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let outcome = fewshot!("data", "download", "mini-imagenet", "--to", folder.path())?;
    let place = folder.path().join("mini-imagenet");
    outcome.refused(&["images/*.jpg", &place.display().to_string()])?;
    // Said before the error, as before any download.
    let terms = outcome.stderr.lines().next().unwrap_or_default();
    ensure!(terms.contains("terms of use") && terms.contains("research only"), "{terms}");
    ensure!(fs::read_dir(folder.path())?.next().is_none(), "something was made");
    Ok(())
}

#[test]
fn check_counts_classes_and_finds_broken_pictures() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = fixture::classes(folder.path(), 3, 4)?;
    let text = fewshot!("data", "check", &data)?.succeeded()?.stdout;
    ensure!(text.contains('3') && text.contains("12"), "{text}");
    fs::write(data.join("class1/torn.png"), b"\x89PNG")?;
    let outcome = fewshot!("data", "check", &data)?;
    ensure!(outcome.status == 1, "{outcome:?}");
    let told = format!("{}{}", outcome.stdout, outcome.stderr);
    ensure!(told.contains("torn.png"), "{told}");
    Ok(())
}
