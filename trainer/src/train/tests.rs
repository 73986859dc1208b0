//! Whole runs of a tiny recipe on a few procedural classes.

use std::path::Path;

use anyhow::{Context, Result};
use candle_core::Device;

use super::{Outcome, train};
use crate::data::{DataSource, Split, open};
use crate::interrupt::Interrupt;
use crate::recipe::Recipe;
use crate::run_dir::metrics::{self, Line};
use crate::run_dir::state::State;
use crate::run_dir::{Origin, RunDir};
use crate::weights;

/// Every kind of stage, each a few steps long.
const RECIPE: &str = r#"
name = "tiny"
[model]
transform = "center_l2"
[model.image]
size = 16
resize = 18
channels = 3
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
[model.encoder]
channels = 8
blocks = 3
[model.generator]
kind = "residual"
hidden = 8
dropout = 0.5
[validation]
ways = 3
shots = [1, 2]
queries = 3
episodes = 5
hallucinate = 2
[[stage]]
kind = "pretrain"
epochs = 3
batch = 16
scale = 10.0
rotation = 0.5
label_smoothing = 0.1
average = 0.9
optimizer = { kind = "sgd", weight_decay = 5e-4 }
schedule = { kind = "cosine", rate = 0.05, warm_up = 2 }
augment = { min_area = 0.5, flip = true, brightness = 0.2, contrast = 0.2, saturation = 0.2 }
[[stage]]
kind = "episodic"
episodes = 4
ways = 3
shots = 2
queries = 2
hallucinate = [0, 3]
learn_temperature = true
optimizer = { kind = "adam" }
schedule = { kind = "halving", rate = 1e-3, every = 2 }
augment = { shift = 2 }
validate_every = 2
[[stage]]
kind = "fit"
[[stage]]
kind = "hallucinate"
episodes = 5
ways = 3
shots = [1, 2]
queries = 2
hallucinate = [1, 3]
copies = 2
pull = 0.1
optimizer = { kind = "adam" }
schedule = { kind = "cosine", rate = 1e-3 }
augment = { min_area = 0.5 }
validate_every = 2
"#;

pub(super) fn recipe(changes: &[&str]) -> Recipe {
    let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
    Recipe::parse(RECIPE, &changes).unwrap()
}

pub(super) fn source() -> Result<DataSource> {
    let whole = open(None)?;
    let some = |split, classes: usize| -> Result<_> {
        let mut some = whole.split(split)?.classes;
        some.truncate(classes);
        some.iter_mut().for_each(|class| class.images.truncate(8));
        Ok(Some(some))
    };
    DataSource::from_listing("few", [some(Split::Train, 8)?, some(Split::Val, 5)?, None])
}

fn start(folder: &Path, recipe: &Recipe, interrupt: &Interrupt) -> Result<Outcome> {
    start_on(1, folder, recipe, interrupt)
}

fn resume(folder: &Path, interrupt: &Interrupt) -> Result<Outcome> {
    resume_on(1, folder, interrupt)
}

/// On so many replicas, all of them on the CPU.
pub(super) fn start_on(
    devices: usize,
    folder: &Path,
    recipe: &Recipe,
    interrupt: &Interrupt,
) -> Result<Outcome> {
    let run = RunDir::create(Some(folder), recipe, &Origin::default())?;
    train(recipe.clone(), &[source()?], run, vec![Device::Cpu; devices], interrupt, false)
}

pub(super) fn resume_on(devices: usize, folder: &Path, interrupt: &Interrupt) -> Result<Outcome> {
    let (run, recipe, _) = RunDir::open(folder)?;
    train(recipe, &[source()?], run, vec![Device::Cpu; devices], interrupt, true)
}

/// Tensors by name.
pub(super) type Numbers = Vec<(String, Vec<f32>)>;

/// All that a run has computed, bit for bit, wall time left out.
pub(super) fn result(folder: &Path) -> Result<(Numbers, Vec<Line>)> {
    let (run, ..) = RunDir::open(folder)?;
    let state = State::find(&run)?.context("no checkpoint")?.state;
    let best = weights::read(&run.best())?;
    let mut numbers = vec![("temperature".to_owned(), vec![best.config.temperature])];
    for parameters in [&state.model, &state.learner, &best.parameters] {
        for (name, tensor) in parameters.iter() {
            numbers.push((name.to_owned(), tensor.flatten_all()?.to_vec1()?));
        }
    }
    let mut lines = metrics::read(&run)?;
    lines.iter_mut().for_each(|line| line.seconds = 0.0);
    Ok((numbers, lines))
}

#[test]
fn a_further_kind_of_pictures_teaches_the_generator_and_has_a_say_in_what_is_kept() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (own, both) = (folder.path().join("own"), folder.path().join("both"));
    start(&own, &recipe(&[]), &Interrupt::default())?;
    let sources = [
        source()?,
        DataSource::from_listing("more", {
            let whole = open(None)?;
            // Other classes than the run's own.
            let last = |split, count: usize| -> Result<_> {
                let mut some = whole.split(split)?.classes;
                some.drain(..some.len() - count);
                some.iter_mut().for_each(|class| class.images.truncate(8));
                Ok(Some(some))
            };
            [last(Split::Train, 4)?, last(Split::Val, 3)?, None]
        })?,
    ];
    let run = RunDir::create(Some(&both), &recipe(&[]), &Origin::default())?;
    train(recipe(&[]), &sources, run, vec![Device::Cpu], &Interrupt::default(), false)?;
    let [own, both] = [&own, &both].map(|folder| weights::read(&folder.join("best.safetensors")));
    let (own, both) = (own?, both?);
    let generator = |of: &fewshot::Checkpoint| -> Result<Vec<f32>> {
        let bias = of.parameters.find("generator.linear3.bias").context("no generator")?;
        Ok(bias.to_vec1()?)
    };
    assert_ne!(generator(&own)?, generator(&both)?);
    assert!(!own.provenance.contains_key("also"));
    assert_eq!(both.provenance["also"][0]["data"], "more");
    assert_eq!(both.provenance["also"][0]["train"]["classes"], 4);
    let validation = both.provenance["validation"].as_object().context("no validation")?;
    assert!(validation.contains_key("more_val_1shot") && validation.contains_key("val_1shot"));
    Ok(())
}

#[test]
fn while_a_generator_learns_the_encoder_is_the_one_that_was_fitted() -> Result<()> {
    let folder = tempfile::tempdir()?;
    // The last steps spoil the encoder, so that an earlier one is the best.
    let spoilt = recipe(&["stage.episodic.schedule.rate=0.1", "stage.hallucinate.episodes=2"]);
    start(folder.path(), &spoilt, &Interrupt::default())?;
    let (_, lines) = result(folder.path())?;
    let plain = |kind: &str| {
        let line = lines.iter().rfind(|line| line.kind == kind && !line.validation.is_empty());
        line.map(|line| ["val_1shot", "val_2shot"].map(|name| line.validation[name]))
    };
    assert_ne!(plain("episodic"), plain("fit"), "the last encoder is not the best");
    assert_eq!(plain("hallucinate"), plain("fit"));
    Ok(())
}

#[test]
fn a_run_stopped_after_every_few_steps_ends_bit_for_bit_as_one_that_was_not() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (whole, pieces) = (folder.path().join("whole"), folder.path().join("pieces"));
    let finished = start(&whole, &recipe(&[]), &Interrupt::default())?;
    assert!(matches!(finished, Outcome::Finished { .. }));

    let mut outcome = start(&pieces, &recipe(&[]), &Interrupt::after(1))?;
    let mut stops = 0;
    while outcome == Outcome::Interrupted {
        stops += 1;
        assert!(stops < 30, "the run does not go on");
        outcome = resume(&pieces, &Interrupt::after(stops % 3))?;
    }
    assert!(stops > 5, "{stops} stops");
    assert_eq!(outcome, finished);
    let ((numbers, lines), (expected, expected_lines)) = (result(&pieces)?, result(&whole)?);
    for ((name, values), (_, expected)) in numbers.iter().zip(&expected) {
        assert!(values == expected, "{name} differs");
    }
    assert_eq!(numbers.len(), expected.len());
    assert_eq!(lines, expected_lines);
    // A finished run that is resumed says so and changes nothing.
    assert_eq!(resume(&pieces, &Interrupt::default())?, finished);
    Ok(())
}

#[test]
fn training_can_start_from_weights_that_fit_the_model() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let first = folder.path().join("first");
    start(&first, &recipe(&[]), &Interrupt::default())?;
    let given = first.join("best.safetensors");
    let from = format!("start={}", given.display());
    // A fit learns nothing, so what comes out is what went in.
    let mut fit = recipe(&[&from]);
    fit.stage = vec![fit.stage[2].clone()];
    let second = folder.path().join("second");
    start(&second, &fit, &Interrupt::default())?;
    let given = weights::read(&given)?;
    for file in ["best.safetensors", "last.safetensors"] {
        let taken = weights::read(&second.join(file))?;
        for (name, tensor) in given.parameters.iter() {
            let other = taken.parameters.find(name).context("a tensor is gone")?;
            let apart = (tensor - other)?.abs()?.max_all()?.to_scalar::<f32>()?;
            assert!(apart < 1e-5, "{file}, {name}: {apart}");
        }
    }
    let other = recipe(&[&from, "model.encoder.channels=16"]);
    let error = start(&folder.path().join("third"), &other, &Interrupt::default()).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("best.safetensors") && error.contains("model.encoder"), "{error}");
    Ok(())
}

#[test]
fn an_interrupt_leaves_weights_that_can_be_used() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run");
    assert_eq!(start(&run, &recipe(&[]), &Interrupt::after(2))?, Outcome::Interrupted);
    let last = weights::read(&run.join("last.safetensors"))?;
    assert_eq!(last.provenance.get("step").and_then(serde_json::Value::as_u64), Some(3));
    assert_eq!(last.provenance.get("data").and_then(serde_json::Value::as_str), Some("few"));
    Ok(())
}

#[test]
fn a_run_that_is_stopped_while_it_encodes_begins_again() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run");
    let mut fit = recipe(&[]);
    fit.stage.retain(|stage| stage.kind() == "fit");
    assert_eq!(fit.stage.len(), 1, "nothing in it but encoding");
    assert_eq!(start(&run, &fit, &Interrupt::after(0))?, Outcome::Interrupted);
    assert!(!run.join("best.safetensors").exists());
    assert!(matches!(resume(&run, &Interrupt::default())?, Outcome::Finished { .. }));
    Ok(())
}

#[test]
fn pretraining_lowers_its_loss_and_beats_chance_on_unseen_classes() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run");
    let long = recipe(&[
        "stage.pretrain.epochs=60",
        "stage.pretrain.validate_every=30",
        "stage.pretrain.label_smoothing=0.0",
        "stage.pretrain.rotation=0.0",
        "stage.episodic.episodes=1",
        "stage.hallucinate.episodes=1",
        "validation.episodes=50",
    ]);
    start(&run, &long, &Interrupt::default())?;
    let lines = metrics::read(&RunDir::open(&run)?.0)?;
    let losses: Vec<f64> = lines.iter().filter_map(|line| line.loss).collect();
    assert!(losses[1] < losses[0] * 0.8, "{losses:?}");
    let last = lines.iter().rev().find_map(|line| line.validation.get("val_1shot"));
    let accuracy = *last.context("no validation")?;
    assert!(accuracy > 0.45, "{accuracy}, where chance is a third");
    let curves = std::fs::read_to_string(run.join("curves.svg"))?;
    assert!(curves.contains("1-shot") && curves.contains("training loss"));
    Ok(())
}

#[test]
fn classes_that_do_not_suffice_are_an_error_that_says_so() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let error_of = |change: &str| {
        let run = folder.path().join(change);
        format!("{:#}", start(&run, &recipe(&[change]), &Interrupt::default()).unwrap_err())
    };
    let error = error_of("validation.ways=6");
    assert!(error.contains("validation needs 6 classes, but val has 5"), "{error}");
    let error = error_of("stage.episodic.ways=9");
    assert!(error.contains("stage 2 (episodic) needs 9 classes, but train has 8"), "{error}");
    Ok(())
}
