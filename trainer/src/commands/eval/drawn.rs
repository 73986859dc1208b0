//! The episodes of an evaluation as a file, so that another program can go through the same.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use fewshot::Episode;
use serde::Serialize;

use super::{Protocol, sampler};
use crate::data::{Dataset, ImageSource, relative};
use crate::write;

/// One line of the file: its keys are a contract.
#[derive(Serialize)]
struct Line<'a> {
    shots: usize,
    /// Its number, from 0.
    episode: u64,
    /// What identifies each class.
    classes: Vec<&'a str>,
    /// For each class its support pictures: paths within the folder of the data set.
    support: Vec<Vec<String>>,
    /// For each class its query pictures.
    queries: Vec<Vec<String>>,
}

/// Writes the episodes of each protocol to `path`, a JSON object a line.
///
/// # Errors
/// Where the data set does not allow such episodes, or the file cannot be written.
pub fn save(
    path: &Path,
    protocols: &[Protocol],
    dataset: &Dataset,
    folder: Option<&Path>,
) -> Result<()> {
    let sizes = dataset.class_sizes();
    let mut text = String::new();
    for protocol in protocols {
        let sampler = sampler(protocol, &sizes)?;
        for number in 0..protocol.episodes as u64 {
            let line = line(protocol, number, &sampler.episode(number), dataset, folder);
            let json = serde_json::to_string(&line).context("an episode makes no JSON")?;
            // Writing to a string does not fail.
            let _ = writeln!(text, "{json}");
        }
    }
    write::text(path, &text)
}

fn line<'a>(
    protocol: &Protocol,
    number: u64,
    episode: &Episode,
    dataset: &'a Dataset,
    folder: Option<&Path>,
) -> Line<'a> {
    let classes = || episode.classes.iter().map(|class| &dataset.classes[*class]);
    let named = |drawn: &[Vec<usize>]| {
        let of_class = |(images, drawn): (&Vec<ImageSource>, &Vec<usize>)| {
            drawn.iter().map(|image| name(&images[*image], folder)).collect()
        };
        classes().map(|class| &class.images).zip(drawn).map(of_class).collect()
    };
    Line {
        shots: protocol.shape.shots,
        episode: number,
        classes: classes().map(|class| class.id.as_str()).collect(),
        support: named(&episode.support),
        queries: named(&episode.query),
    }
}

/// The picture within the data set's folder; what is no file of its own as it is called
/// elsewhere, and how it is turned.
fn name(image: &ImageSource, folder: Option<&Path>) -> String {
    let whole = image.to_string();
    match (image.path(), folder) {
        (Some(path), Some(folder)) => whole.replace(&image.identity(), &relative(folder, path)),
        _ => whole,
    }
}
