//! `eval`: keys, pairing over M, seeds, and the built-in data set.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fewshot_tests::{fewshot, fixture};
use serde_json::Value;

const KEYS: [&str; 14] = [
    "data",
    "split",
    "ways",
    "shots",
    "queries",
    "episodes",
    "head",
    "distance",
    "context",
    "hallucinate",
    "seed",
    "accuracy",
    "ci95",
    "seconds",
];

fn eval(weights: &Path, data: &Path, seed: &str, counts: &str) -> Result<Vec<Value>> {
    let outcome = fewshot!(
        "eval",
        "--weights",
        weights,
        "--data",
        data,
        "--ways",
        "3",
        "--shots",
        "2",
        "--queries",
        "4",
        "--episodes",
        "20",
        "--seed",
        seed,
        "--hallucinate",
        counts,
        "--json"
    )?;
    let mut lines = outcome.json_lines()?;
    for line in &mut lines {
        let seconds = line.as_object_mut().and_then(|line| line.remove("seconds"));
        ensure!(seconds.is_some_and(|seconds| seconds.is_number()), "seconds of {line}");
    }
    Ok(lines)
}

#[test]
fn every_m_is_a_line_and_is_paired_with_the_first() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let data = fixture::classes(&folder.path().join("data"), 4, 8)?;
    let lines = eval(&weights, &data, "5", "0,3")?;
    ensure!(lines.len() == 2, "{lines:?}");
    for (line, count) in lines.iter().zip([0, 3]) {
        for key in KEYS.iter().filter(|key| **key != "seconds") {
            ensure!(line.get(key).is_some(), "{key} is not in {line}");
        }
        ensure!(line["ways"] == 3 && line["shots"] == 2 && line["queries"] == 4, "{line}");
        ensure!(line["episodes"] == 20 && line["seed"] == 5 && line["distance"] == "l2", "{line}");
        ensure!(line["hallucinate"] == count && line["split"] == "test", "{line}");
        let accuracy = line["accuracy"].as_f64().context("accuracy")?;
        ensure!((0.0..=1.0).contains(&accuracy) && line["ci95"].is_number(), "{line}");
    }
    ensure!(lines[0]["accuracy"].as_f64() > Some(0.8), "colours are easy: {}", lines[0]);
    let of = |index: usize, key: &str| lines[index][key].as_f64().context("a number");
    let difference = of(1, "accuracy")? - of(0, "accuracy")?;
    ensure!((of(1, "paired_difference")? - difference).abs() < 1e-6, "{}", lines[1]);
    ensure!(lines[1]["paired_ci95"].is_number(), "{}", lines[1]);
    ensure!(lines[0].get("paired_difference").is_none(), "{}", lines[0]);

    ensure!(lines == eval(&weights, &data, "5", "0,3")?, "the same seed, other results");
    let alone = eval(&weights, &data, "5", "3")?;
    ensure!(alone[0]["accuracy"] == lines[1]["accuracy"], "M alone has the same episodes");
    Ok(())
}

#[test]
fn the_episodes_are_told_with_the_pictures_of_each() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let data = fixture::classes(&folder.path().join("data"), 4, 8)?;
    let drawn = folder.path().join("episodes.jsonl");
    let mut arguments: Vec<&std::ffi::OsStr> = vec!["eval".as_ref(), "--weights".as_ref()];
    arguments.extend([weights.as_os_str(), "--data".as_ref(), data.as_os_str()]);
    let shape = "--ways 3 --shots 1,2 --queries 4 --episodes 6 --seed 5 --episodes-out";
    arguments.extend(shape.split(' ').map(std::ffi::OsStr::new));
    arguments.push(drawn.as_os_str());
    fewshot_tests::command::fewshot(arguments)?.succeeded()?;

    let text = std::fs::read_to_string(&drawn)?;
    let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(
        lines.len() == 12 && text.lines().collect::<std::collections::HashSet<_>>().len() == 12
    );
    for (index, line) in lines.iter().enumerate() {
        ensure!(line["episode"] == index % 6 && line["shots"] == 1 + index / 6, "{line}");
        let list = |value: &Value| value.as_array().cloned().context("a list");
        for (way, class) in list(&line["classes"])?.iter().enumerate() {
            let (support, queries) = (list(&line["support"][way])?, list(&line["queries"][way])?);
            ensure!(support.len() == 1 + index / 6 && queries.len() == 4, "{line}");
            for picture in support.iter().chain(&queries) {
                let name = picture.as_str().context("a name")?;
                ensure!(name.starts_with(class.as_str().context("a class")?), "{name} {class}");
                ensure!(data.join(name).is_file(), "{name}");
            }
            ensure!(support.iter().all(|picture| !queries.contains(picture)), "{line}");
        }
    }
    Ok(())
}

#[test]
fn the_built_in_data_set_needs_no_folder() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    for distance in ["l2", "cosine", "dot"] {
        let lines = fewshot!(
            "eval",
            "--weights",
            &weights,
            "--episodes",
            "10",
            "--distance",
            distance,
            "--json"
        )?
        .json_lines()?;
        ensure!(lines[0]["data"] == "synthetic" && lines[0]["distance"] == distance, "{lines:?}");
    }
    Ok(())
}

#[test]
fn too_few_classes_or_pictures_are_told_with_the_cure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let data = fixture::classes(&folder.path().join("data"), 4, 8)?;
    let eval = |ways: &str, shots: &str| {
        fewshot!(
            "eval",
            "--weights",
            &weights,
            "--data",
            &data,
            "--ways",
            ways,
            "--shots",
            shots,
            "--queries",
            "4",
            "--episodes",
            "5"
        )
    };
    eval("5", "1")?.refused(&["data", "5 classes", "4"])?;
    eval("3", "5")?.refused(&["data", "8 images", "9"])?;
    eval("0", "1")?.refused(&["ways"])?;
    let no_such = folder.path().join("elsewhere");
    fewshot!("eval", "--weights", &weights, "--data", &no_such)?.refused(&["elsewhere", "check"])
}
