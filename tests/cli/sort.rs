//! Many pictures into a folder per class, a table of them, and all of it undone: nothing
//! is overwritten or lost, whatever ends the command.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use fewshot::{Precision, Rejection};
use fewshot_tests::command::{Outcome, command, finish};
use fewshot_tests::{fewshot, fixture};

const CLASSES: usize = 3;

/// Examples, and pictures to sort: two folders of one picture of each class, and one
/// picture of none.
struct Desk {
    folder: tempfile::TempDir,
    weights: PathBuf,
}

impl Desk {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut checkpoint = fixture::checkpoint()?;
        // Whatever is no example itself is none of these.
        checkpoint.config.rejection = Some(Rejection { threshold: 1e-3, auroc: 0.5 });
        let weights = folder.path().join("model.safetensors");
        fs::write(&weights, checkpoint.to_bytes(Precision::F32)?)?;
        fixture::classes(&folder.path().join("support"), CLASSES, 1)?;
        let desk = Self { folder, weights };
        for class in 0..CLASSES {
            for below in ["a", "b"] {
                fixture::save(&desk.path(&format!("new/{below}/{class}.png")), class, 0)?;
            }
        }
        fixture::save(&desk.path("new/stranger.png"), 7, 3)?;
        Ok(desk)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn predict(&self, options: &[&str], fault: Option<&str>) -> Result<Outcome> {
        let mut command = command(["predict"])?;
        command.arg("--weights").arg(&self.weights).current_dir(self.folder.path());
        command.args(["--support", "support", "--query", "new"]).args(options);
        command.envs(fault.map(|fault| ("FEWSHOT_FAULT", fault)));
        finish(&mut command)
    }

    fn undo(&self) -> Result<Outcome> {
        fewshot!("predict", "--undo", &self.path("sorted"))
    }

    /// Every file below a folder with its bytes; nothing where there is no folder.
    fn content(&self, name: &str) -> Result<BTreeMap<String, Vec<u8>>> {
        let folder = self.path(name);
        if !folder.exists() {
            return Ok(BTreeMap::new());
        }
        let read = |file: String| Ok((file.clone(), fs::read(folder.join(file))?));
        fixture::files(&folder)?.into_iter().map(read).collect()
    }

    fn sorted(&self) -> Result<Vec<String>> {
        Ok(self.content("sorted")?.into_keys().collect())
    }
}

const SORTED: [&str; 8] = [
    "None of these/stranger.png",
    "class0/0 (2).png",
    "class0/0.png",
    "class1/1 (2).png",
    "class1/1.png",
    "class2/2 (2).png",
    "class2/2.png",
    "sorted.jsonl",
];

#[test]
fn copies_lie_in_the_folders_of_their_classes_and_are_made_once() -> Result<()> {
    let desk = Desk::new()?;
    let before = desk.content("new")?;
    let outcome = desk.predict(&["--sort", "sorted"], None)?.succeeded()?;
    let told = "sorted: 7 pictures copied (2 class0, 2 class1, 2 class2, 1 None of these)";
    ensure!(outcome.stdout.trim() == told, "{}", outcome.stdout);
    ensure!(desk.sorted()? == SORTED, "{:?}", desk.sorted()?);
    ensure!(desk.content("new")? == before, "copying changed the pictures");
    let outcome = desk.predict(&["--sort", "sorted"], None)?.succeeded()?;
    ensure!(outcome.stdout.contains("0 pictures copied, 7 already there"), "{}", outcome.stdout);
    ensure!(desk.sorted()? == SORTED, "copied again: {:?}", desk.sorted()?);

    // A copy that a person has worked on is no copy any more.
    fs::write(desk.path("sorted/class1/1.png"), "retouched")?;
    desk.undo()?.refused_after("6 copies and links removed", &["1 picture could not be undone"])?;
    ensure!(desk.sorted()? == ["class1/1.png", "sorted.jsonl"], "{:?}", desk.sorted()?);
    ensure!(desk.content("new")? == before, "undoing changed the pictures");
    Ok(())
}

/// `refused` is for commands that print nothing; this one has said what it could do.
trait RefusedAfter {
    fn refused_after(&self, result: &str, told: &[&str]) -> Result<()>;
}

impl RefusedAfter for Outcome {
    fn refused_after(&self, result: &str, told: &[&str]) -> Result<()> {
        ensure!(self.stdout.contains(result), "'{result}' is not in '{}'", self.stdout);
        let silent = Self { stdout: String::new(), stderr: self.stderr.clone(), ..*self };
        silent.refused(told)
    }
}

#[test]
fn a_move_is_undone_to_the_last_byte() -> Result<()> {
    let desk = Desk::new()?;
    let before = desk.content("new")?;
    desk.predict(&["--sort", "sorted", "--move"], None)?.succeeded()?;
    ensure!(desk.content("new")?.is_empty(), "left: {:?}", desk.content("new")?);
    ensure!(desk.sorted()? == SORTED, "{:?}", desk.sorted()?);
    // The folder may have moved as a whole.
    fs::rename(desk.path("sorted"), desk.path("elsewhere"))?;
    let outcome = fewshot!("predict", "--undo", &desk.path("elsewhere"))?.succeeded()?;
    ensure!(outcome.stdout.trim() == "7 pictures put back", "{}", outcome.stdout);
    ensure!(desk.content("new")? == before, "not as before: {:?}", desk.content("new")?.keys());
    ensure!(fs::read_dir(desk.path("elsewhere"))?.next().is_none(), "folders are left");
    fewshot!("predict", "--undo", &desk.path("elsewhere"))?.refused(&["holds no sorted.jsonl"])?;
    Ok(())
}

#[test]
fn what_cannot_be_put_back_is_named_with_the_reason() -> Result<()> {
    let desk = Desk::new()?;
    desk.predict(&["--sort", "sorted", "--move"], None)?.succeeded()?;
    fs::write(desk.path("new/a/0.png"), "another picture")?;
    fs::remove_file(desk.path("sorted/class1/1.png"))?;
    fs::write(desk.path("sorted/class2/mine.txt"), "a note")?;
    let outcome = desk.undo()?;
    outcome.refused_after("5 pictures put back", &["2 pictures could not be undone"])?;
    for why in ["class0/0.png: another file is now at", "class1/1.png: it is gone"] {
        ensure!(outcome.stderr.contains(why), "'{why}' is not in '{}'", outcome.stderr);
    }
    let kept = ["class0/0.png", "class2/mine.txt", "sorted.jsonl"];
    ensure!(desk.sorted()? == kept, "{:?}", desk.sorted()?);
    ensure!(fs::read_to_string(desk.path("new/a/0.png"))? == "another picture");
    // What was in the way is taken out of it, and undoing goes on.
    fs::remove_file(desk.path("new/a/0.png"))?;
    desk.undo()?.refused_after("1 picture put back", &["1 picture could not be undone"])?;
    Ok(())
}

#[test]
fn links_are_links_and_removing_them_leaves_the_pictures() -> Result<()> {
    let desk = Desk::new()?;
    let before = desk.content("new")?;
    for kind in ["hard", "symbolic"] {
        let outcome = desk.predict(&["--sort", "sorted", "--link", kind], None)?.succeeded()?;
        ensure!(outcome.stdout.contains("7 pictures linked"), "{}", outcome.stdout);
        ensure!(desk.sorted()? == SORTED, "{kind}: {:?}", desk.sorted()?);
        let link = fs::symlink_metadata(desk.path("sorted/class0/0.png"))?;
        ensure!(link.is_symlink() == (kind == "symbolic"), "{kind}");
        let outcome = desk.undo()?.succeeded()?;
        ensure!(outcome.stdout.trim() == "7 copies and links removed", "{}", outcome.stdout);
        ensure!(desk.content("new")? == before, "{kind}: the pictures changed");
    }
    Ok(())
}

#[test]
fn the_table_has_the_page_s_columns_and_one_for_each_class() -> Result<()> {
    let desk = Desk::new()?;
    let outcome = desk.predict(&["--csv", "answers.csv", "--json"], None)?;
    let objects = outcome.json_lines()?;
    let text = fs::read_to_string(desk.path("answers.csv"))?;
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let heading = lines.next().context("empty")?;
    ensure!(heading == ["image", "label", "probability", "class0", "class1", "class2"]);
    let rows: Vec<_> = lines.collect();
    ensure!(rows.len() == objects.len() && rows.len() == 7, "{rows:?}");
    for (row, object) in rows.iter().zip(&objects) {
        ensure!(object["image"] == row[0], "{row:?}");
        let none = object["none_of_these"] == true;
        let label = if none { "None of these" } else { object["label"].as_str().unwrap_or("") };
        ensure!(row[1] == label, "{row:?}");
        let numbers =
            row[2..].iter().map(|value| value.parse()).collect::<Result<Vec<f64>, _>>()?;
        let best = numbers[1..].iter().copied().fold(0.0, f64::max);
        ensure!((numbers[0] - best).abs() < 1e-6, "{row:?}");
        for (name, number) in heading[3..].iter().zip(&numbers[1..]) {
            let told = object["probabilities"][name].as_f64().context("a number")?;
            ensure!((told - number).abs() < 1e-6, "{name}: {told} or {number}");
        }
    }
    ensure!(rows[6][..2] == ["stranger.png", "None of these"], "{:?}", rows[6]);
    // Without --json, what was done is told in a line.
    let outcome = desk.predict(&["--csv", "answers.csv"], None)?.succeeded()?;
    ensure!(outcome.stdout.trim() == "answers.csv: 7 pictures", "{}", outcome.stdout);
    Ok(())
}

#[test]
fn nothing_is_sorted_into_the_pictures_or_the_examples() -> Result<()> {
    let desk = Desk::new()?;
    fs::create_dir(desk.path("beside"))?;
    for (place, told) in [
        ("new", "pictures to sort"),
        ("new/sorted", "pictures to sort"),
        ("beside/../new/sorted", "pictures to sort"),
        ("support/more", "examples"),
    ] {
        let outcome = desk.predict(&["--sort", place, "--move"], None)?;
        outcome.refused(&[place, told, "a folder outside"])?;
    }
    ensure!(desk.content("new")?.len() == 7, "something was moved");
    // The other way round nothing is lost: the pictures may lie in the folder sorted into.
    desk.predict(&["--sort", "."], None)?.succeeded()?;
    ensure!(desk.path("class0/0 (2).png").is_file());
    Ok(())
}

#[test]
fn a_picture_that_cannot_be_read_stays_and_the_others_are_sorted() -> Result<()> {
    let desk = Desk::new()?;
    fs::write(desk.path("new/a/torn.png"), "no picture")?;
    let outcome = desk.predict(&["--sort", "sorted", "--move"], None)?;
    outcome.refused_after("7 pictures moved", &["1 of 8 pictures could not be read"])?;
    ensure!(desk.content("new")?.into_keys().eq(["a/torn.png"]), "moved without an answer");
    Ok(())
}

/// Ends the command at its first, second, third step of writing until it survives; each
/// time nothing may be lost, and undoing must give back what there was.
fn at_every_step(fault: &str, ended: impl Fn(&Outcome) -> Result<()>) -> Result<usize> {
    let desk = Desk::new()?;
    let before = desk.content("new")?;
    for step in 1.. {
        let fault = format!("{fault}:{step}");
        let outcome = desk.predict(&["--sort", "sorted", "--move"], Some(&fault))?;
        if outcome.status == 0 {
            return Ok(step - 1);
        }
        ended(&outcome).with_context(|| fault.clone())?;
        if step % 2 == 0 {
            // Gone on with, then undone.
            desk.predict(&["--sort", "sorted", "--move"], None)?.succeeded()?;
            ensure!(desk.content("new")?.is_empty(), "{fault}: left {:?}", desk.content("new")?);
        }
        if desk.path("sorted/sorted.jsonl").exists() {
            desk.undo()?.succeeded().with_context(|| fault.clone())?;
        }
        ensure!(desk.content("new")? == before, "{fault}: not as before");
        ensure!(desk.sorted()?.is_empty(), "{fault}: left {:?}", desk.sorted()?);
    }
    unreachable!("the command has an end");
}

/// Steps of writing for each of the pictures: in the middle of its line in the log, with
/// its folder made, and with two names.
const STEPS: usize = 7 * 3;

#[test]
#[cfg(unix)]
fn killed_at_any_write_nothing_is_lost() -> Result<()> {
    let steps = at_every_step("kill", |outcome| {
        ensure!(outcome.status == -1, "{}: {}", outcome.status, outcome.stderr);
        Ok(())
    })?;
    ensure!(steps == STEPS, "{steps} steps of writing, not {STEPS}");
    Ok(())
}

#[test]
fn a_disk_that_fills_up_is_told_and_nothing_is_lost() -> Result<()> {
    let steps = at_every_step("full", |outcome| outcome.refused(&["the disk is full"]))?;
    ensure!(steps == STEPS, "{steps} steps of writing, not {STEPS}");
    Ok(())
}
