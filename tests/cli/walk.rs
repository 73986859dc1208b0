//! docs/walk.md: from a folder of somebody's own to a model of it, by the calls that stand there.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use fewshot_tests::command::{command, finish};
use fewshot_tests::fixture;

/// The calls of `fewshot` in the guide, as words.
fn calls() -> Result<Vec<Vec<String>>> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/walk.md");
    let text = fs::read_to_string(&guide).context("docs/walk.md")?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("fewshot "));
    Ok(lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect())
}

#[test]
fn the_calls_of_the_guide_make_a_model_of_ones_own() -> Result<()> {
    let folder = tempfile::tempdir()?;
    fixture::classes(&folder.path().join("my/pictures"), 10, 12)?;
    // The recipe begins with the shipped backbone, where a clone has it.
    let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../weights/everyday.safetensors");
    fs::create_dir(folder.path().join("weights"))?;
    fs::copy(weights, folder.path().join("weights/everyday.safetensors"))?;
    let calls = calls()?;
    ensure!(calls.len() == 3, "{calls:?}");
    let mut printed = String::new();
    for call in calls {
        let mut fewshot = command(&call)?;
        let outcome = finish(fewshot.current_dir(folder.path()))?.succeeded()?;
        printed.push_str(&outcome.stdout);
    }
    ensure!(printed.contains("1-shot") && printed.contains("5-shot"), "{printed}");
    ensure!(folder.path().join("runs/mine/best.safetensors").is_file(), "a model");
    Ok(())
}
