//! The classifier: taught from folders, or opened from a file.

use std::path::Path;

use anyhow::{Context, Result, bail};
use candle_core::Device;
use fewshot::classifier::{Classifier, ClassifierFile, Settings};
use fewshot::{Checkpoint, Distance, HeadKind, Model};

use super::inputs;
use super::pictures::embed_dataset;

use crate::data::{Dataset, Split, relative};

/// What a classifier is taught from, and what is changed of its settings.
#[derive(Clone, Copy, Debug)]
pub struct Lesson<'a> {
    /// Folder of class folders, or file of a classifier.
    pub support: &'a Path,
    /// `None` for the model's own, or the file's.
    pub head: Option<HeadKind>,
    /// `None` for the model's own, or the file's.
    pub distance: Option<Distance>,
    /// M; `None` for 0, or the file's.
    pub hallucinate: Option<usize>,
    /// `None` for 0, or the file's.
    pub seed: Option<u64>,
}

/// The classifier of a lesson, over `model` on the CPU; pictures are embedded by
/// `on_device`.
///
/// # Errors
/// Where the examples cannot be read or do not fit the model.
pub fn classifier(
    lesson: &Lesson,
    checkpoint: &Checkpoint,
    model: &Model,
    on_device: &Model,
    device: &Device,
) -> Result<Classifier> {
    let mut classifier = if lesson.support.is_file() {
        open(lesson.support, checkpoint, model)?
    } else {
        let head = lesson.head.unwrap_or(model.config.head);
        let mut classifier = Classifier::new(model, Settings::with_head(&model.config, head))?;
        teach(&mut classifier, lesson.support, on_device, device)?;
        classifier
    };
    let mut settings = classifier.settings();
    if let Some(head) = lesson.head.filter(|head| *head != settings.head) {
        settings.head = head;
        settings.temperature = model.config.temperature_of(head);
    }
    classifier.set_settings(Settings {
        distance: lesson.distance.unwrap_or(settings.distance),
        hallucinations: lesson.hallucinate.unwrap_or(settings.hallucinations),
        seed: lesson.seed.unwrap_or(settings.seed),
        ..settings
    })?;
    Ok(classifier)
}

fn open(path: &Path, checkpoint: &Checkpoint, model: &Model) -> Result<Classifier> {
    let bytes = std::fs::read(path).context("check the path and its rights")?;
    let file = ClassifierFile::from_bytes(&bytes)
        .context("give a folder of class folders, or a classifier that the page exported")?;
    Ok(file.open(model, &checkpoint.fingerprint()?)?)
}

/// Adds a class for each folder. Classes and pictures are named by their place
/// within it, so that the noise does not depend on where the folder lies.
fn teach(
    classifier: &mut Classifier,
    folder: &Path,
    on_device: &Model,
    device: &Device,
) -> Result<()> {
    if !folder.is_dir() {
        bail!("there is no such folder: check the path given as support");
    }
    let classes = inputs::class_folders(folder)?;
    let dataset = Dataset { name: "support".into(), split: Split::Test.into(), classes };
    let features = embed_dataset(on_device, &dataset, device)?.to_device(&Device::Cpu)?;
    let mut row = 0;
    for class in &dataset.classes {
        classifier.add_class(&class.id, &class.name)?;
        for image in &class.images {
            let id = image.path().map_or_else(String::new, |path| relative(folder, path));
            classifier.add_example(&class.id, id, features.get(row)?)?;
            row += 1;
        }
    }
    Ok(())
}
