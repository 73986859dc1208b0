//! The published data sets as they are published, through the program: what is in
//! `FEWSHOT_DATA` (unpacked) and `FEWSHOT_PACKED` (archives), or beside the repository.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fewshot::Precision;
use fewshot_tests::{fewshot, fixture, left_out, pattern};

fn folder(variable: &str) -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    std::env::var_os(variable).map_or(beside, PathBuf::from)
}

/// Episodes on the validation classes with a model that has learned nothing.
fn evaluate(data: &Path, name: &str, channels: usize) -> Result<()> {
    if !data.exists() {
        left_out(format_args!("there is no {}; set FEWSHOT_DATA to test it", data.display()));
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let weights = folder.path().join("untrained.safetensors");
    let model = fixture::checkpoint_of(pattern::config(28, channels, 8, None))?;
    std::fs::write(&weights, model.to_bytes(Precision::F32)?)?;
    let lines = fewshot!(
        "eval",
        "--weights",
        &weights,
        "--data",
        data,
        "--split",
        "val",
        "--episodes",
        "50",
        "--json"
    )?
    .json_lines()?;
    let line = lines.first().context("a line")?;
    ensure!(line["data"] == name && line["split"] == "val", "{line}");
    // Even unlearned features tell something; chance would be 0.2.
    ensure!(line["accuracy"].as_f64() > Some(0.22), "{line}");
    Ok(())
}

#[test]
fn omniglot_straight_from_its_archives() -> Result<()> {
    let data = folder("FEWSHOT_PACKED").join("omniglot");
    ensure!(
        !data.exists() || data.join("images_background.zip").is_file(),
        "{} was unpacked",
        data.display()
    );
    evaluate(&data, "omniglot", 1)
}

#[test]
fn omniglot_in_folders() -> Result<()> {
    evaluate(&folder("FEWSHOT_DATA").join("omniglot"), "omniglot", 1)
}

#[test]
fn cifar_fs() -> Result<()> {
    evaluate(&folder("FEWSHOT_DATA").join("cifar100"), "cifar-fs", 3)
}

#[test]
fn tiny_imagenet() -> Result<()> {
    evaluate(&folder("FEWSHOT_DATA").join("tiny-imagenet-fewshot"), "tiny-imagenet", 3)
}

#[test]
fn caltech101() -> Result<()> {
    evaluate(&folder("FEWSHOT_DATA").join("caltech101"), "caltech101", 3)
}
