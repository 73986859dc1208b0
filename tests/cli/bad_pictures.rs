//! Pictures that cannot be used: the file is named, and what to do.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use fewshot_tests::command::Outcome;
use fewshot_tests::{fewshot, fixture};

struct Desk {
    folder: tempfile::TempDir,
    weights: PathBuf,
    support: PathBuf,
}

impl Desk {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let weights = fixture::weights(folder.path())?;
        let support = fixture::classes(&folder.path().join("support"), 3, 2)?;
        Ok(Self { folder, weights, support })
    }

    fn predict(&self, query: &Path) -> Result<Outcome> {
        let (weights, support) = (&self.weights, &self.support);
        fewshot!("predict", "--weights", weights, "--support", support, "--query", query, "--json")
    }

    fn good_query(&self) -> PathBuf {
        self.support.join("class0/00.png")
    }
}

#[test]
fn a_broken_picture_is_named() -> Result<()> {
    let desk = Desk::new()?;
    let bytes = fs::read(desk.good_query())?;
    for (name, content) in [
        ("torn.png", &bytes[..bytes.len() / 2]),
        ("text.jpg", b"this is no picture".as_slice()),
        ("empty.png", b""),
    ] {
        let query = desk.folder.path().join(name);
        fs::write(&query, content)?;
        desk.predict(&query)?.refused(&[name])?;
        let in_support = desk.support.join("class1").join(name);
        fs::write(&in_support, content)?;
        desk.predict(&desk.good_query())?.refused(&[name])?;
        let (weights, support) = (&desk.weights, &desk.support);
        fewshot!("eval", "--weights", weights, "--data", support, "--ways", "3", "--queries", "1")?
            .refused(&[name])?;
        let out = desk.folder.path().join("features.safetensors");
        fewshot!("embed", "--weights", weights, "--images", support, "--out", &out)?
            .refused(&[name])?;
        ensure!(!out.exists(), "half a result was left");
        fs::remove_file(in_support)?;
    }
    Ok(())
}

#[test]
fn one_broken_query_leaves_the_others_their_answers() -> Result<()> {
    let desk = Desk::new()?;
    let queries = desk.folder.path().join("queries");
    fixture::save(&queries.join("a.png"), 0, 5)?;
    fixture::save(&queries.join("c.png"), 2, 5)?;
    fs::write(queries.join("b.png"), "this is no picture")?;
    let outcome = desk.predict(&queries)?;
    ensure!(outcome.status == 1, "exit status {}: {}", outcome.status, outcome.stderr);
    let answered: Vec<bool> = ["a.png", "b.png", "c.png"]
        .map(|name| outcome.stdout.lines().any(|line| line.contains(&format!("\"{name}\""))))
        .to_vec();
    ensure!(answered == [true, false, true], "{}", outcome.stdout);
    ensure!(outcome.stderr.contains("no answer") && outcome.stderr.contains("b.png"));
    ensure!(outcome.stderr.contains("error: 1 of 3 pictures"), "{}", outcome.stderr);
    Ok(())
}

#[test]
fn a_picture_that_ends_early_is_told_wherever_it_is_used() -> Result<()> {
    let desk = Desk::new()?;
    let whole = desk.folder.path().join("whole.jpg");
    fixture::save(&whole, 1, 7)?;
    let bytes = fs::read(&whole)?;
    ensure!(!desk.predict(&whole)?.succeeded()?.stderr.contains("early"), "a whole one is blamed");
    let half = desk.folder.path().join("queries/half.jpg");
    fs::create_dir_all(desk.folder.path().join("queries"))?;
    fs::write(&half, &bytes[..bytes.len() - bytes.len() / 4])?;
    let told = "1 picture ends early, what is missing of it is grey: ";
    let says = |outcome: Outcome| -> Result<()> {
        let outcome = outcome.succeeded()?;
        ensure!(outcome.stderr.contains(told), "{}", outcome.stderr);
        ensure!(outcome.stderr.contains("half.jpg"), "{}", outcome.stderr);
        Ok(())
    };
    says(desk.predict(&half)?)?;
    let in_support = desk.support.join("class1/half.jpg");
    fs::copy(&half, &in_support)?;
    says(desk.predict(&desk.good_query())?)?;
    let (weights, support) = (&desk.weights, &desk.support);
    let few = ["--ways", "3", "--queries", "1", "--episodes", "5"];
    let eval = ["eval".as_ref(), "--weights".as_ref(), weights.as_os_str(), "--data".as_ref()];
    says(fewshot_tests::command::fewshot(
        eval.into_iter().chain([support.as_os_str()]).chain(few.map(AsRef::as_ref)),
    )?)?;
    let out = desk.folder.path().join("f.safetensors");
    says(fewshot!("embed", "--weights", weights, "--images", support, "--out", &out)?)?;
    let check = fewshot!("data", "check", support)?;
    ensure!(check.status == 1, "{check:?}");
    ensure!(check.stdout.contains("half.jpg ends early"), "{}", check.stdout);
    ensure!(!check.stdout.contains("can be read"), "{}", check.stdout);
    Ok(())
}

#[test]
fn files_that_are_not_read_are_counted_and_named() -> Result<()> {
    let desk = Desk::new()?;
    let (weights, support) = (&desk.weights, &desk.support);
    for name in ["class0/IMG_1.HEIC", "class0/IMG_2.avif", "loose.png", "class1/more/1.tga"] {
        let path = support.join(name);
        fs::create_dir_all(path.parent().unwrap_or(support))?;
        fs::write(path, "whatever")?;
    }
    // What systems leave behind is nobody's picture.
    for name in [".ipynb_checkpoints/a.png", "__MACOSX/a.png", "@eaDir/a.png", "class0/Thumbs.db"] {
        let path = support.join(name);
        fs::create_dir_all(path.parent().unwrap_or(support))?;
        fs::write(path, "whatever")?;
    }
    let told =
        "4 files are not used: class0/IMG_1.HEIC, class0/IMG_2.avif, class1/more/1.tga and 1";
    let query = desk.good_query();
    let says = |outcome: Outcome, told: &str| -> Result<()> {
        let outcome = outcome.succeeded()?;
        let all = format!("{}{}", outcome.stdout, outcome.stderr);
        ensure!(all.contains(told), "'{told}' is not in {all}");
        Ok(())
    };
    says(desk.predict(&query)?, told)?;
    let eval = fewshot!("eval", "--weights", weights, "--data", support, "--episodes", "5")?;
    says(eval, told)?;
    says(fewshot!("data", "check", support)?, told)?;
    let out = desk.folder.path().join("f.safetensors");
    let images = support.join("class0");
    let embed = fewshot!("embed", "--weights", weights, "--images", &images, "--out", &out)?;
    says(embed, "2 files are not used: IMG_1.HEIC, IMG_2.avif (read")
}

#[test]
fn an_empty_class_is_named() -> Result<()> {
    let desk = Desk::new()?;
    fs::create_dir(desk.support.join("nothing"))?;
    desk.predict(&desk.good_query())?.refused(&["nothing"])?;
    fewshot!("eval", "--weights", &desk.weights, "--data", &desk.support)?.refused(&["nothing"])
}

#[test]
fn support_without_classes_or_queries_without_pictures_are_told() -> Result<()> {
    let desk = Desk::new()?;
    let empty = desk.folder.path().join("vacant");
    fs::create_dir(&empty)?;
    desk.predict(&empty)?.refused(&["vacant"])?;
    desk.predict(&desk.folder.path().join("missing.png"))?.refused(&["missing.png"])?;
    let (weights, query) = (&desk.weights, desk.good_query());
    for support in [&empty, &desk.folder.path().join("missing")] {
        let name = support.file_name().unwrap_or_default().to_string_lossy();
        fewshot!("predict", "--weights", weights, "--support", support, "--query", &query)?
            .refused(&[&name])?;
    }
    Ok(())
}

#[test]
fn hallucination_without_a_generator_is_told() -> Result<()> {
    let desk = Desk::new()?;
    let plain = fixture::checkpoint_of(fewshot_tests::pattern::config(32, 3, 8, None))?;
    let weights = desk.folder.path().join("plain.safetensors");
    fs::write(&weights, plain.to_bytes(fewshot::Precision::F32)?)?;
    let (support, query) = (&desk.support, desk.good_query());
    fewshot!(
        "predict",
        "--weights",
        &weights,
        "--support",
        support,
        "--query",
        &query,
        "--hallucinate",
        "5"
    )?
    .refused(&["plain.safetensors", "generator"])
}
