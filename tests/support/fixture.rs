//! Small files the tests make for themselves: pictures in class folders, weights.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use candle_core::Device;
use fewshot::{Checkpoint, GeneratorKind, Model, ModelConfig, Precision};
use image::{Rgb, RgbImage};

use crate::pattern;

/// Colours far enough apart for an encoder that has learned nothing.
const COLOURS: [[u8; 3]; 10] = [
    [230, 40, 40],
    [40, 200, 60],
    [50, 70, 230],
    [235, 220, 50],
    [200, 50, 210],
    [40, 210, 220],
    [240, 140, 40],
    [130, 130, 130],
    [120, 60, 20],
    [245, 245, 245],
];

/// Classes there can be.
pub const MOST_CLASSES: usize = COLOURS.len();

/// Side of the pictures, pixels.
pub const SIDE: u32 = 40;

/// A recipe of seconds: a small network learns what [`splits`] makes, then its scores are fitted.
pub const RECIPE: &str = r#"
name = "small"
[model]
[model.image]
size = 8
resize = 8
channels = 3
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
[model.encoder]
channels = 4
blocks = 3
[validation]
ways = 2
shots = [1]
queries = 2
episodes = 10
[[stage]]
kind = "pretrain"
epochs = 2
batch = 8
scale = 10.0
optimizer = { kind = "sgd", weight_decay = 5e-4 }
schedule = { kind = "cosine", rate = 0.05 }
[[stage]]
kind = "fit"
"#;

/// A picture of `class`: its colour with stripes; `number` moves them.
#[must_use]
pub fn picture(class: usize, number: usize) -> RgbImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let along = x + y * (class as u32 + 1) + 3 * number as u32;
        let stripe = (along / 5).is_multiple_of(2);
        Rgb(COLOURS[class].map(|value| if stripe { value } else { value / 3 }))
    })
}

/// Fills `folder` with `classes` folders of `images` PNG pictures each, and returns it.
///
/// # Errors
/// If it cannot be written.
pub fn classes(folder: &Path, classes: usize, images: usize) -> Result<PathBuf> {
    for class in 0..classes {
        for number in 0..images {
            save(&folder.join(name(class)).join(format!("{number:02}.png")), class, number)?;
        }
    }
    Ok(folder.to_owned())
}

/// Name of a class's folder.
#[must_use]
pub fn name(class: usize) -> String {
    format!("class{class}")
}

/// Writes one picture; the ending decides its format.
///
/// # Errors
/// If it cannot be written.
pub fn save(path: &Path, class: usize, number: usize) -> Result<()> {
    let folder = path.parent().context("a picture lies in a folder")?;
    fs::create_dir_all(folder)?;
    Ok(picture(class, number).save(path)?)
}

/// A model for 32x32 colour pictures, weights from the formula of [`pattern`].
///
/// # Errors
/// Never in practice.
pub fn checkpoint() -> Result<Checkpoint> {
    let config = pattern::config(32, 3, 8, Some((GeneratorKind::Reference, 24)));
    checkpoint_of(config)
}

/// A model of `config` as it starts.
///
/// # Errors
/// If the configuration is not usable.
pub fn checkpoint_of(config: ModelConfig) -> Result<Checkpoint> {
    let parameters = Model::init(&config, 1, &Device::Cpu)?;
    Ok(Checkpoint { config, provenance: serde_json::Map::new(), parameters })
}

/// Writes [`checkpoint`] to `model.safetensors` in `folder`.
///
/// # Errors
/// If it cannot be written.
pub fn weights(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("model.safetensors");
    fs::write(&path, checkpoint()?.to_bytes(Precision::F32)?)?;
    Ok(path)
}

/// Every file below `folder`, relative and sorted: shows that nothing was left.
///
/// # Errors
/// If it cannot be read.
pub fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder)?.display().to_string());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Fills `folder` with `train`, `val` and `test`, each as [`classes`] with names of its own.
///
/// # Errors
/// If it cannot be written.
pub fn splits(folder: &Path, classes: usize, images: usize) -> Result<PathBuf> {
    for split in ["train", "val", "test"] {
        for class in 0..classes {
            for number in 0..images {
                let below = folder.join(split).join(format!("{split}-{class}"));
                save(&below.join(format!("{number:02}.png")), class, number)?;
            }
        }
    }
    Ok(folder.to_owned())
}
