//! One whole training step from a `state_dict` of PyTorch: an episode with
//! hallucination, its loss, every gradient, the running statistics, and the
//! parameters after a step of the trainer's Adam.

use anyhow::{Context, Result, ensure};
use fewshot::{Backend, Checkpoint, Model, Parameters};
use fewshot_tests::golden::{Golden, largest};
use fewshot_tests::{pattern, step::episode_loss};
use fewshot_trainer::recipe;
use fewshot_trainer::train::optimizer::Optimizer;

const WAYS: usize = 5;
const QUERIES: usize = 2;
const HALLUCINATIONS: usize = 3;

#[test]
fn a_training_step_equals_pytorchs() -> Result<()> {
    for backend in [Backend::Reference, Backend::Fastest] {
        let checkpoint = Checkpoint::from_bytes(include_bytes!("state_dict.safetensors"))?;
        ensure!(checkpoint.config.image.size == 32, "the sizes were read off the shapes");
        let parameters = checkpoint.parameters.to_variables()?;
        let mut model = Model::new(checkpoint.config, &parameters)?;
        model.backbone = model.backbone.with_backend(backend);
        check_step(&model, &parameters).with_context(|| format!("{backend:?}"))?;
    }
    Ok(())
}

#[test]
fn the_formula_gives_the_stored_weights() -> Result<()> {
    let checkpoint = Checkpoint::from_bytes(include_bytes!("state_dict.safetensors"))?;
    for (name, tensor) in pattern::parameters(&checkpoint.config)?.iter() {
        let stored = checkpoint.parameters.find(name).with_context(|| name.to_owned())?;
        fewshot_tests::golden::check(name, stored, tensor, 1e-7)?;
    }
    Ok(())
}

fn check_step(model: &Model, parameters: &Parameters) -> Result<()> {
    let golden = Golden::new(include_bytes!("training_step.safetensors"))?;
    let images = pattern::images(WAYS * (1 + QUERIES), 3, 32, false)?;
    let noise = pattern::tensor(2000, (WAYS, HALLUCINATIONS, model.config.feature_dim()))?;
    let loss = episode_loss(model, &images, &noise)?;
    golden.check("loss", &loss, 1e-4)?;
    for (name, running) in parameters.iter().filter(|(name, _)| name.contains("running")) {
        golden.check(&format!("after.{name}"), running, 1e-4)?;
    }
    let gradients = loss.backward()?;
    for (name, var) in parameters.trainable()? {
        // What is cancelled may have no gradient at all.
        let gradient = gradients.get(&var);
        if is_cancelled(&name) && gradient.is_none() {
            continue;
        }
        let gradient = gradient.with_context(|| name.clone())?;
        if is_cancelled(&name) {
            let size = largest(gradient)?;
            ensure!(size < 1e-4, "{name}: gradient {size:e}, it is zero but for rounding");
        } else {
            golden.check(&format!("gradient.{name}"), gradient, 1e-3)?;
        }
    }
    let adam = recipe::Optimizer::Adam { weight_decay: 0.0 };
    Optimizer::new(&adam, parameters.trainable()?, None)?.step(&gradients, 1e-3, 0)?;
    for (name, var) in parameters.trainable()?.iter().filter(|(name, _)| !is_cancelled(name)) {
        golden.check(&format!("after.{name}"), var, 1e-5)?;
    }
    Ok(())
}

/// BatchNorm subtracts the bias of the convolution before it.
fn is_cancelled(name: &str) -> bool {
    name.starts_with("encoder.") && name.ends_with(".0.bias")
}
