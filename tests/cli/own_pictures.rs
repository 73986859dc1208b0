//! A folder of somebody's own, ten classes of twenty pictures: the commands of the
//! README as they stand there, and no figure on classes that the weights have seen.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fewshot_tests::command::{Outcome, command, finish};
use fewshot_tests::{fewshot, fixture};

/// Short training, by the way that is documented for changing a recipe.
const SHORT: [&str; 6] = [
    "stage.pretrain.epochs=2",
    "stage.hallucinate.episodes=4",
    "validation.episodes=10",
    "model.encoder.channels=8",
    "model.image.size=32",
    "model.image.resize=36",
];

struct Desk {
    folder: tempfile::TempDir,
    pictures: PathBuf,
    run: PathBuf,
}

impl Desk {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let pictures = fixture::classes(&folder.path().join("my/pictures"), 10, 20)?;
        let run = folder.path().join("runs/mine");
        Ok(Self { folder, pictures, run })
    }

    fn train(&self, more: &[&str]) -> Result<Outcome> {
        let mut command = command(["train", "--recipe", "tiny-imagenet", "--data"])?;
        command.arg(&self.pictures).arg("--out").arg(&self.run);
        for change in SHORT.iter().chain(more) {
            command.args(["--set", change]);
        }
        finish(&mut command)
    }

    fn best(&self) -> PathBuf {
        self.run.join("best.safetensors")
    }

    fn eval(&self, data: &Path, more: &[&str]) -> Result<Outcome> {
        let mut command = command(["eval", "--episodes", "20", "--weights"])?;
        command.arg(self.best()).arg("--data").arg(data).args(more);
        finish(&mut command)?.succeeded()
    }
}

fn says(outcome: &Outcome, told: &str) -> Result<()> {
    ensure!(outcome.stderr.contains(told), "'{told}' is not in\n{}", outcome.stderr);
    Ok(())
}

#[test]
fn the_commands_of_the_readme_run_on_it() -> Result<()> {
    let desk = Desk::new()?;
    let (pictures, run, best) = (&desk.pictures, &desk.run, &desk.best());
    let trained = desk.train(&[])?.succeeded()?;
    says(&trained, "of its 10 classes, 6 train, 2 validate and 2 are kept for testing")?;
    says(&trained, "recipe tiny-imagenet suits itself to these classes: ")?;
    says(&trained, "stage 3 (hallucinate): 10 queries instead of 15")?;
    says(&trained, "validation: 2 ways instead of 5")?;
    ensure!(fs::read_to_string(run.join("recipe.toml"))?.contains("queries = 10"), "it is kept");

    let counts = "0,10,50";
    let eval = fewshot!("eval", "--weights", best, "--data", pictures, "--hallucinate", counts)?
        .succeeded()?;
    says(&eval, "8 of 10 classes are left out, the weights were trained or chosen on them: class")?;
    says(&eval, "2 classes are there, so episodes have 2 ways")?;
    ensure!(eval.stdout.contains("2-way 1-shot, 15 queries"), "{}", eval.stdout);

    let out = desk.folder.path().join("features.svg");
    let tsne = ["--hallucinate", "20", "--out"];
    let [hallucinate, count, to] = tsne;
    let drawn =
        fewshot!("tsne", "--weights", best, "--data", pictures, hallucinate, count, to, &out)?;
    says(&drawn.succeeded()?, "8 of 10 classes are left out")?;
    ensure!(fs::read_to_string(&out)?.contains("Features of 2 classes"));

    let queries = desk.folder.path().join("my/new-pictures");
    fixture::save(&queries.join("new.png"), 3, 40)?;
    let weights = fixture::weights(desk.folder.path())?;
    fewshot!("predict", "--weights", &weights, "--support", pictures, "--query", &queries)?
        .succeeded()?;
    Ok(())
}

#[test]
fn what_the_weights_have_seen_is_told_apart_wherever_it_lies() -> Result<()> {
    let desk = Desk::new()?;
    desk.train(&[])?.succeeded()?;
    let info = fewshot!("info", &desk.best())?.succeeded()?.stdout;
    ensure!(info.contains("6 classes, 120 pictures: class"), "{info}");

    let all = desk.eval(&desk.pictures, &["--split", "all"])?;
    says(&all, "trained or chosen on 8 of these 10 classes")?;
    ensure!(all.stdout.contains("pictures all: 5-way"), "{}", all.stdout);
    let train = desk.eval(&desk.pictures, &["--split", "train"])?;
    says(&train, "the 6 classes that the weights were trained on")?;
    let val = desk.eval(&desk.pictures, &["--split", "val"])?;
    says(&val, "the 2 classes that the weights were chosen on")?;

    // The folder under another name, with a class that is new.
    let renamed = desk.folder.path().join("renamed");
    fs::rename(&desk.pictures, &renamed)?;
    for number in 0..20 {
        fixture::save(&renamed.join(format!("new/{number:02}.png")), 9, number)?;
    }
    let test = desk.eval(&renamed, &["--json"])?;
    says(&test, "8 of 11 classes are left out")?;
    let line = test.json_lines()?.into_iter().next().context("a line")?;
    ensure!(line["ways"] == 3 && line["split"] == "test", "{line}");

    // Other pictures of which one class is called the same.
    let other = fixture::classes(&desk.folder.path().join("other"), 4, 20)?;
    for class in 1..4 {
        fs::rename(other.join(fixture::name(class)), other.join(format!("other{class}")))?;
    }
    let elsewhere = desk.eval(&other, &["--json"])?;
    ensure!(!elsewhere.stderr.contains("left out"), "{}", elsewhere.stderr);
    ensure!(elsewhere.json_lines()?[0]["ways"] == 4, "all of another data set");

    // Weights that do not say what they have seen.
    let unnamed = fixture::weights(desk.folder.path())?;
    let outcome = fewshot!("eval", "--weights", &unnamed, "--data", &other, "--episodes", "5")?
        .succeeded()?;
    says(&outcome, "do not record which classes they were trained on")
}

#[test]
fn what_was_set_is_not_changed_but_refused_with_the_cure() -> Result<()> {
    let desk = Desk::new()?;
    desk.train(&["stage.hallucinate.ways=7"])?.refused(&[
        "pictures",
        "7 classes",
        "train has 6",
    ])?;
    // Whichever are kept for testing, one of these trains or validates.
    for class in 0..4 {
        let folder = desk.pictures.join(fixture::name(class));
        fs::remove_dir_all(&folder)?;
        fixture::save(&folder.join("only.png"), class, 0)?;
    }
    desk.train(&[])?.refused(&["class 'class", "1 images", "leave the class out"])?;
    for class in 0..6 {
        fs::remove_dir_all(desk.pictures.join(fixture::name(class)))?;
    }
    desk.train(&[])?.refused(&["4 classes", "at least 6"])?;
    ensure!(!desk.run.exists(), "a run that cannot begin leaves nothing");
    Ok(())
}
