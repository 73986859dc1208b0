//! Weights that cannot be used: the file is named, and what to do.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use fewshot::{BackboneConfig, Precision};
use fewshot_tests::{fewshot, fixture};

/// Writes `bytes` as weights and checks that `info` and `eval` both refuse them.
fn refused(name: &str, bytes: &[u8], told: &[&str]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(name);
    fs::write(&path, bytes)?;
    refused_at(&path, name, told)
}

fn refused_at(path: &Path, name: &str, told: &[&str]) -> Result<()> {
    let told: Vec<&str> = told.iter().copied().chain([name]).collect();
    fewshot!("info", path)?.refused(&told).with_context(|| format!("info {name}"))?;
    fewshot!("eval", "--weights", path)?.refused(&told).with_context(|| format!("eval {name}"))
}

#[test]
fn what_is_no_model_is_refused() -> Result<()> {
    let whole = fixture::checkpoint()?.to_bytes(Precision::F32)?;
    refused("half.safetensors", &whole[..whole.len() / 2], &["truncated", "again"])?;
    refused("empty.safetensors", b"", &["safetensors"])?;
    refused("page.safetensors", b"<!doctype html><title>404</title>", &["safetensors"])?;
    let other = b"\x08\0\0\0\0\0\0\0{}      ";
    refused("other.safetensors", other, &["encoder.0.0.weight", "not the weights"])
}

#[test]
fn another_shape_is_refused() -> Result<()> {
    let mut wider = fixture::checkpoint()?;
    wider.config.backbone = BackboneConfig::conv4(9, 4);
    refused("wider.safetensors", &wider.to_bytes(Precision::F32)?, &["shape", "expected"])?;
    let mut larger = fixture::checkpoint()?;
    larger.config.image.size = 64;
    larger.config.image.resize = 64;
    refused("larger.safetensors", &larger.to_bytes(Precision::F32)?, &["generator", "expected"])
}

#[test]
fn a_later_version_is_refused() -> Result<()> {
    let mut bytes = fixture::checkpoint()?.to_bytes(Precision::F32)?;
    let text = br#""fewshot.version":"1""#;
    let at = bytes.windows(text.len()).position(|window| window == text).context("no version")?;
    bytes[at + text.len() - 2] = b'7';
    refused("later.safetensors", &bytes, &["version 7", "update"])
}

#[test]
fn a_wrong_path_is_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    refused_at(&folder.path().join("missing.safetensors"), "missing.safetensors", &["check"])?;
    refused_at(folder.path(), "", &["is a folder"])
}
