//! The learner learns: one episode by heart, and unseen classes from a minute of
//! training through the built program, interrupted or not.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};
use fewshot::{Checkpoint, GeneratorKind, Model, Precision, Support, metrics};
use fewshot_tests::step::{descend, episode_loss, plain};
use fewshot_tests::{command, fewshot, pattern};

#[test]
fn one_episode_is_learned_by_heart() -> Result<()> {
    const WAYS: usize = 5;
    const QUERIES: usize = 4;
    let config = pattern::config(32, 3, 16, Some((GeneratorKind::Reference, 24)));
    let parameters = Model::init(&config, 3, &Device::Cpu)?.to_variables()?;
    let model = Model::new(config, &parameters)?;
    let images = pattern::images(WAYS * (1 + QUERIES), 3, 32, false)?;
    let mut optimizer = plain(&parameters)?;
    for step in 0..100 {
        let noise = pattern::tensor(step, (WAYS, 2, model.config.feature_dim()))?;
        descend(&mut optimizer, &episode_loss(&model, &images, &noise)?, 1e-2, step as usize)?;
    }
    // With the running statistics, as a trained model is used.
    let features = model.embed(&images)?;
    let support = features.narrow(0, 0, WAYS)?;
    let queries = features.narrow(0, WAYS, WAYS * QUERIES)?;
    let noise = pattern::tensor(1000, (WAYS, 2, model.config.feature_dim()))?;
    let generator = model.generator.as_ref().context("no generator")?;
    let made = generator.hallucinate(&support, &noise)?;
    let support = Support::of_episode(&support.unsqueeze(1)?)?.with_hallucinated(&made, None)?;
    let scores = model.config.own_head().fit(&support)?.scores(&queries)?;
    let reached = accuracy(&scores, QUERIES)?;
    ensure!(reached == 1.0, "{reached} after 100 steps on one episode");
    Ok(())
}

/// Queries lie class by class.
fn accuracy(scores: &Tensor, queries: usize) -> Result<f64> {
    let rows = scores.to_vec2::<f32>()?;
    let truth = (0..rows.len()).map(|row| row / queries);
    Ok(metrics::accuracy(rows.iter().map(Vec::as_slice), truth))
}

/// Changes that leave about a minute of the shipped recipe on two cores.
const SHORT: [&str; 4] = [
    "stage.pretrain.epochs=3",
    "stage.hallucinate.episodes=100",
    "validation.episodes=100",
    "seed=4",
];

#[test]
fn unseen_classes_are_told_apart_after_a_minute() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run");
    let mut arguments: Vec<&str> = vec!["train", "--recipe", "synthetic", "--out"];
    arguments.push(run.to_str().context("a path in UTF-8")?);
    arguments.extend(SHORT.iter().flat_map(|change| ["--set", change]));
    command::fewshot(&arguments)?.succeeded()?;
    let weights = run.join("best.safetensors");
    let lines = fewshot!(
        "eval",
        "--weights",
        &weights,
        "--episodes",
        "300",
        "--hallucinate",
        "0,10",
        "--json"
    )?
    .json_lines()?;
    for line in &lines {
        let value = |key: &str| line[key].as_f64().with_context(|| key.to_owned());
        let surely = value("accuracy")? - value("ci95")?;
        ensure!(surely > 0.5, "5 ways, chance is 0.2: {line}");
    }
    Ok(())
}

/// Changes that put a narrow ResNet-12 in the place of the recipe's backbone, and leave half a
/// minute.
const NARROW: [&str; 9] = [
    r#"model.encoder={kind="resnet12",channels=[8,16,24,32]}"#,
    "model.image.size=16",
    "model.image.resize=18",
    "stage.pretrain.epochs=1",
    "stage.hallucinate.episodes=20",
    "stage.hallucinate.copies=1",
    "validation.episodes=50",
    "validation.images_per_class=20",
    "seed=4",
];

#[test]
fn a_narrow_resnet12_learns_too() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run");
    let mut arguments: Vec<&str> = vec!["train", "--recipe", "synthetic", "--out"];
    arguments.push(run.to_str().context("a path in UTF-8")?);
    arguments.extend(NARROW.iter().flat_map(|change| ["--set", change]));
    let mut train = command::command(&arguments)?;
    // Candle's threads wait for each other in a loop: where other tests run, one is faster.
    command::finish(train.env("RAYON_NUM_THREADS", "1"))?.succeeded()?;
    let weights = run.join("best.safetensors");
    let trained = Checkpoint::from_bytes(&std::fs::read(&weights)?)?;
    let parameters = Model::init(&trained.config, 4, &Device::Cpu)?;
    let fresh = folder.path().join("fresh.safetensors");
    std::fs::write(&fresh, Checkpoint { parameters, ..trained }.to_bytes(Precision::F32)?)?;
    let accuracy = |weights: &Path| {
        let lines = fewshot!("eval", "--weights", weights, "--episodes", "200", "--json")?;
        lines.json_lines()?[0]["accuracy"].as_f64().context("no accuracy")
    };
    let (before, after) = (accuracy(&fresh)?, accuracy(&weights)?);
    ensure!(after > 0.85 && after > before + 0.02, "5 ways: {before} before, {after} after");
    Ok(())
}
