//! Weights written at commit 3528f3f answer as they did there.
//!
//! `tests/earlier/` holds the weights that shipped then, and in `*.jsonl` what
//! `fewshot predict --json` of that commit said of the pictures in
//! `tests/browser/pictures`; the name of each says the weights and M, or the
//! distance.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fewshot_tests::fewshot;
use serde_json::Value;

#[test]
fn weights_answer_as_they_did() -> Result<()> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut checked = 0;
    for entry in std::fs::read_dir(tests.join("earlier"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).context("a name")?;
        let (weights, asked) = stem.rsplit_once('-').context("weights-M or weights-distance")?;
        let asked = if asked.parse::<usize>().is_ok() {
            ["--hallucinate", asked]
        } else {
            ["--distance", asked]
        };
        let file = tests.join(format!("earlier/{weights}.safetensors"));
        let pictures = tests.join("browser/pictures");
        let answers = fewshot!(
            "predict",
            "--weights",
            &file,
            "--support",
            &pictures.join("support"),
            "--query",
            &pictures.join("queries"),
            asked[0],
            asked[1],
            "--json"
        )?
        .json_lines()?;
        let text = std::fs::read_to_string(&path)?;
        let earlier: Vec<Value> =
            text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        ensure!(answers.len() == earlier.len(), "{stem}: {} answers", answers.len());
        for (answer, earlier) in answers.iter().zip(&earlier) {
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
    }
    ensure!(checked >= 300, "{checked} probabilities were compared");
    Ok(())
}
