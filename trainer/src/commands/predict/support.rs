//! The classifier: taught from folders, or opened from a file.

use std::path::Path;

use anyhow::{Context, Result, bail};
use candle_core::Device;
use fewshot::classifier::{Classifier, ClassifierFile, Settings};
use fewshot::{Checkpoint, Model};

use crate::cli::AskArgs;
use crate::commands::inputs;
use crate::commands::pictures::embed_dataset;
use crate::data::{Dataset, Split, relative};

/// The classifier that the arguments ask for, over `model` on the CPU; pictures
/// are embedded by `on_device`.
pub fn classifier(
    args: &AskArgs,
    checkpoint: &Checkpoint,
    model: &Model,
    on_device: &Model,
    device: &Device,
) -> Result<Classifier> {
    let mut classifier = if args.support.is_file() {
        open(&args.support, checkpoint, model)?
    } else {
        let head = args.head.unwrap_or(model.config.head);
        let mut classifier = Classifier::new(model, Settings::with_head(&model.config, head))?;
        teach(&mut classifier, &args.support, on_device, device)?;
        classifier
    };
    let mut settings = classifier.settings();
    if let Some(head) = args.head.filter(|head| *head != settings.head) {
        settings.head = head;
        settings.temperature = model.config.temperature_of(head);
    }
    classifier.set_settings(Settings {
        distance: args.distance.unwrap_or(settings.distance),
        hallucinations: args.hallucinate.unwrap_or(settings.hallucinations),
        seed: args.seed.unwrap_or(settings.seed),
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
