//! Weights written at commit 3528f3f answer as they did there.
//!
//! `tests/earlier/` holds the weights that shipped then, and in `*.jsonl` what
//! `fewshot predict --json` of that commit said of the pictures in
//! `tests/browser/pictures`; the name of each says the weights and M, or the
//! distance. Where a `.classifier` stands beside, it is what that commit exported
//! of the same support.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fewshot_tests::command;
use serde_json::Value;

#[test]
fn weights_answer_as_they_did() -> Result<()> {
    let mut checked = 0;
    for (stem, asked, earlier) in answers()? {
        let support = place("browser/pictures/support").into_os_string();
        let flag = if asked.parse::<usize>().is_ok() { "--hallucinate" } else { "--distance" };
        checked += compare(&stem, &earlier, vec![support, flag.into(), asked.into()])?;
    }
    ensure!(checked >= 300, "{checked} probabilities were compared");
    Ok(())
}

#[test]
fn exported_classifiers_answer_as_they_did() -> Result<()> {
    let mut checked = 0;
    for (stem, _, earlier) in answers()? {
        let file = place(&format!("earlier/{stem}.classifier"));
        if file.exists() {
            checked += compare(&stem, &earlier, vec![file.into_os_string()])?;
        }
    }
    ensure!(checked >= 100, "{checked} probabilities were compared");
    Ok(())
}

fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// `photos-3`, `3` and what was answered, of each file.
fn answers() -> Result<Vec<(String, String, Vec<Value>)>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(place("earlier"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).context("a name")?;
        let (_, asked) = stem.rsplit_once('-').context("weights-M or weights-distance")?;
        let text = std::fs::read_to_string(&path)?;
        let lines = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        all.push((stem.to_owned(), asked.to_owned(), lines));
    }
    Ok(all)
}

/// How many probabilities are what they were, with `support` and options after it.
fn compare(stem: &str, earlier: &[Value], support: Vec<OsString>) -> Result<usize> {
    let (weights, _) = stem.rsplit_once('-').context("weights-M or weights-distance")?;
    let weights = place(&format!("earlier/{weights}.safetensors"));
    let queries = place("browser/pictures/queries");
    let call = ["predict".into(), "--weights".into(), weights.into_os_string(), "--query".into()];
    let call = call.into_iter().chain([queries.into_os_string(), "--json".into()]);
    let call = call.chain(["--support".into()]).chain(support);
    let answers = command::fewshot(call)?.json_lines()?;
    ensure!(answers.len() == earlier.len(), "{stem}: {} answers", answers.len());
    let mut checked = 0;
    for (answer, earlier) in answers.iter().zip(earlier) {
        ensure!(answer["label"] == earlier["label"], "{stem}: {answer} {earlier}");
        let nearest = |answer: &Value| answer["nearest"]["image"].clone();
        ensure!(nearest(answer) == nearest(earlier), "{stem}: {answer} {earlier}");
        for (class, value) in earlier["probabilities"].as_object().context("an object")? {
            let now = answer["probabilities"][class].as_f64().context("a number")?;
            let then = value.as_f64().context("a number")?;
            ensure!((now - then).abs() < 1e-4, "{stem}: {class} {now} {then}");
            checked += 1;
        }
    }
    Ok(checked)
}
