//! The shipped models on real pictures, on every path there is on this processor:
//! the kernels of each instruction set, and candle's operations. The page's modules are
//! compared by `tests/browser`, PyTorch by the other files here.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};
use fewshot::backbone::Level;
use fewshot::{Backend, Checkpoint, FrozenBackbone, ImageConfig, Model, Support, image, metrics};
use fewshot_tests::left_out;
use fewshot_trainer::data::{Split, open};

/// Largest difference of a feature, relative to the largest value of its picture's.
const TOLERANCE: f32 = 1e-4;
/// Of each class, for the classifier.
const SHOTS: usize = 5;
/// Encoded at a time.
const BATCH: usize = 50;

fn data(name: &str) -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    std::env::var_os("FEWSHOT_DATA").map_or(beside, PathBuf::from).join(name)
}

/// A model, the data it was made on, and how many classes and pictures of each: 500 in
/// all of those three that are published for this.
fn every_path_agrees(weights: &str, folder: &str, classes: usize, images: usize) -> Result<()> {
    let folder = data(folder);
    if !folder.is_dir() {
        left_out(format_args!("there is no {}; set FEWSHOT_DATA to test it", folder.display()));
        return Ok(());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../weights").join(weights);
    let checkpoint = Checkpoint::from_bytes(&std::fs::read(&path)?)?;
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
    let pictures = pictures(&folder, &model.config.image, classes, images)?;
    let reference = model.backbone.clone().with_backend(Backend::Reference).freeze()?;
    let expected = encode(&reference, &pictures)?;
    let labels = labels(&model, &expected, classes)?;
    for level in Level::available() {
        let kernels = model.backbone.clone().with_level(level).freeze()?;
        let actual = encode(&kernels, &pictures)?;
        let apart = difference(&actual, &expected)?;
        println!("{weights}, {} pictures, {level:?}: {apart:.1e}", pictures.len());
        ensure!(apart < TOLERANCE, "{weights}: {level:?} is off by {apart}");
        ensure!(
            self::labels(&model, &actual, classes)? == labels,
            "{weights}: {level:?} says another class"
        );
    }
    Ok(())
}

/// Pictures as the model sees them, (C, S, S) each, class after class.
fn pictures(
    folder: &Path,
    config: &ImageConfig,
    classes: usize,
    images: usize,
) -> Result<Vec<Tensor>> {
    let dataset = open(Some(folder))?.split(Split::Test)?;
    ensure!(dataset.classes.len() >= classes, "{} has too few classes", folder.display());
    let mut pictures = Vec::with_capacity(classes * images);
    // Not the first ones: neighbours of the alphabet are much alike.
    let every = dataset.classes.len() / classes;
    for class in dataset.classes.iter().step_by(every).take(classes) {
        ensure!(class.images.len() >= images, "{} has too few pictures", class.id);
        for picture in class.images.iter().take(images) {
            let decoded = picture.decode(config.resize)?;
            let bytes = image::prepare(config, &decoded.pixels()?)?;
            let values = image::normalise(config, &bytes)?;
            pictures.push(Tensor::from_vec(
                values,
                (config.channels, config.size, config.size),
                &Device::Cpu,
            )?);
        }
    }
    Ok(pictures)
}

/// (pictures, D), before the transform.
fn encode(backbone: &FrozenBackbone, pictures: &[Tensor]) -> Result<Tensor> {
    let parts = pictures.chunks(BATCH).map(|part| Ok(backbone.forward(&Tensor::stack(part, 0)?)?));
    Ok(Tensor::cat(&parts.collect::<Result<Vec<_>>>()?, 0)?)
}

fn difference(actual: &Tensor, expected: &Tensor) -> Result<f32> {
    let apart = (actual - expected)?.abs()?.max(1)?;
    let largest = expected.abs()?.max(1)?.clamp(1e-6, f64::MAX)?;
    Ok((apart / largest)?.max_all()?.to_scalar()?)
}

/// The class of every picture but the first of each class, which teach the model's head.
fn labels(model: &Model, features: &Tensor, classes: usize) -> Result<Vec<Option<usize>>> {
    let features = model.transform.apply(features)?;
    let (count, dim) = features.dims2()?;
    let features = features.reshape((classes, count / classes, dim))?;
    let support = Support::of_episode(&features.narrow(1, 0, SHOTS)?.contiguous()?)?;
    let left = count / classes - SHOTS;
    let queries = features.narrow(1, SHOTS, left)?.reshape((classes * left, dim))?;
    let scores = model.config.own_head().fit(&support)?.scores(&queries)?.to_vec2::<f32>()?;
    let labels: Vec<Option<usize>> = scores.iter().map(|row| metrics::decide(row)).collect();
    let right = labels.iter().enumerate().filter(|(at, label)| **label == Some(at / left)).count();
    ensure!(right * 2 > labels.len(), "{right} of {} are right: too few to tell", labels.len());
    Ok(labels)
}

#[test]
fn omniglot_on_every_path() -> Result<()> {
    every_path_agrees("omniglot.safetensors", "omniglot", 20, 10)
}

#[test]
fn cifar_fs_on_every_path() -> Result<()> {
    every_path_agrees("cifar-fs.safetensors", "cifar100", 5, 30)
}

#[test]
fn photos_on_every_path() -> Result<()> {
    every_path_agrees("photos.safetensors", "tiny-imagenet-fewshot", 5, 30)
}

/// Of a large network fewer: candle's operations take a second for a few.
#[test]
fn everyday_on_every_path() -> Result<()> {
    every_path_agrees("everyday.safetensors", "caltech101", 5, 10).context("everyday")
}
