//! For NVIDIA GPUs: the same training steps on the GPU and on the CPU.
//!
//! Needs the feature `cuda`. Runs by itself where a GPU is found and says that it
//! is skipped elsewhere; with `FEWSHOT_GPU=required` a missing GPU is a failure.

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor, Var};
use fewshot::config::{BackboneConfig, GeneratorKind, ModelConfig, ResNet12Config};
use fewshot::{Backend, Model, Parameters};
use fewshot_tests::golden::check;
use fewshot_tests::step::{descend, episode_loss, plain};
use fewshot_tests::{left_out, pattern};
use fewshot_trainer::recipe::Optimizer;

const WAYS: usize = 5;
const QUERIES: usize = 3;
const HALLUCINATIONS: usize = 3;
const STEPS: usize = 50;
const LEARNING_RATE: f32 = 4e-3;
/// Steps in which rounding has not yet grown into another path of descent: the first maximum of a
/// window that is another by the last bit moves a gradient, on one processor too.
const ALIKE: usize = 8;
const LOSS: f32 = 2e-3;
/// Of the difference's norm to the gradient's, for the same reason; a wrong gradient is as far off
/// as it is long.
const GRADIENT: f32 = 1e-2;

/// The GPU, or `None` with a loud word.
fn gpu() -> Result<Option<Device>> {
    match Device::new_cuda(0) {
        Ok(device) => Ok(Some(device)),
        Err(error) => {
            let required = std::env::var_os("FEWSHOT_GPU").is_some_and(|value| value == "required");
            ensure!(!required, "FEWSHOT_GPU asks for a GPU and there is none: {error}");
            left_out(format_args!(
                "no NVIDIA GPU on this machine, nothing was run on one ({error})"
            ));
            Ok(None)
        }
    }
}

#[test]
fn fifty_training_steps_have_the_cpus_losses() -> Result<()> {
    let Some(gpu) = gpu()? else { return Ok(()) };
    let (expected, actual) = (losses(&Device::Cpu)?, losses(&gpu)?);
    for losses in [&expected, &actual] {
        ensure!(losses[STEPS - 1] < losses[0] / 4.0, "little was learned: {losses:?}");
    }
    for (step, (expected, actual)) in expected.iter().zip(&actual).enumerate().take(ALIKE) {
        let apart = (actual - expected).abs() / expected.abs().max(0.1);
        ensure!(apart < LOSS, "step {step}: loss {actual} on the GPU, {expected} on the CPU");
    }
    Ok(())
}

#[test]
fn features_are_the_cpus() -> Result<()> {
    let Some(gpu) = gpu()? else { return Ok(()) };
    let config = pattern::config(84, 3, 64, None);
    let parameters = pattern::parameters(&config)?;
    let images = pattern::images(2, 3, 84, false)?;
    let expected = Model::new(config.clone(), &parameters)?.embed(&images)?;
    let on_gpu = Model::new(config, &parameters.to_device(&gpu)?)?;
    check("features", &expected, &on_gpu.embed(&images.to_device(&gpu)?)?, 1e-4)
}

#[test]
fn gradients_and_running_statistics_are_the_cpus() -> Result<()> {
    let Some(gpu) = gpu()? else { return Ok(()) };
    // 84 pixels halve to an odd side; ResNet-12 has filters of one pixel and other widths than 64.
    let conv4 = pattern::config(84, 3, 72, None);
    let channels = [8, 16, 72, 80];
    let resnet12 = ModelConfig {
        backbone: BackboneConfig::ResNet12(ResNet12Config { channels }),
        ..conv4.clone()
    };
    for config in [conv4, resnet12] {
        let parameters = pattern::parameters(&config)?;
        let expected = after_a_step(&config, &parameters, &Device::Cpu)?;
        let actual = after_a_step(&config, &parameters, &gpu)?;
        ensure!(expected.len() > 20 && expected.len() == actual.len());
        for ((name, expected), (_, actual)) in expected.iter().zip(&actual) {
            let norm = |tensor: &Tensor| tensor.sqr()?.sum_all()?.sqrt()?.to_scalar::<f32>();
            let (length, off) = (norm(expected)?, norm(&(expected - actual)?)?);
            ensure!(off <= GRADIENT * length, "{name}: {off} of {length}");
        }
    }
    Ok(())
}

#[test]
fn optimizers_take_the_cpus_steps() -> Result<()> {
    let Some(gpu) = gpu()? else { return Ok(()) };
    let sgd = Optimizer::Sgd { momentum: 0.9, weight_decay: 0.01 };
    for kind in [sgd, Optimizer::Adam { weight_decay: 0.01 }] {
        let (expected, actual) = (moved(&kind, &Device::Cpu)?, moved(&kind, &gpu)?);
        check("weights", &expected, &actual, 1e-5)?;
    }
    Ok(())
}

/// Weights after three steps towards nought.
fn moved(kind: &Optimizer, device: &Device) -> Result<Tensor> {
    let var = Var::from_tensor(&pattern::tensor(1, (70, 9))?.to_device(device)?)?;
    let vars = vec![("weight".to_owned(), var.clone())];
    let mut optimizer = fewshot_trainer::train::optimizer::Optimizer::new(kind, vars, None)?;
    for step in 0..3 {
        optimizer.step(&var.powf(4.0)?.sum_all()?.backward()?, 0.01, step)?;
    }
    Ok(var.to_device(&Device::Cpu)?)
}

/// The gradients of a sum over the features that weighs each its own way, and the statistics
/// after it, in candle's operations and on the CPU.
fn after_a_step(
    config: &ModelConfig,
    parameters: &Parameters,
    device: &Device,
) -> Result<Vec<(String, Tensor)>> {
    let parameters = parameters.to_device(device)?.to_variables()?;
    let model = Model::new(config.clone(), &parameters)?;
    let backbone = model.backbone.with_backend(Backend::Reference);
    let images = pattern::images(5, 3, config.image.size, false)?.to_device(device)?;
    let features = backbone.forward_train(&images)?;
    let weights = pattern::tensor(99, features.shape())?.to_device(device)?;
    let gradients = (features * weights)?.sum_all()?.backward()?;
    let after = |(name, tensor): (&str, &Tensor)| {
        let gradient = gradients.get(tensor).unwrap_or(tensor);
        Ok((name.to_owned(), gradient.to_device(&Device::Cpu)?))
    };
    parameters.iter().map(after).collect()
}

/// What one GPU does in the tests above says nothing of sums over several.
#[cfg(feature = "nccl")]
#[test]
fn two_gpus_train_as_two_replicas_on_the_processor_do() -> Result<()> {
    if gpu()?.is_none() {
        return Ok(());
    }
    let gpus = match [Device::new_cuda(0)?, Device::new_cuda(1).unwrap_or(Device::Cpu)] {
        [_, Device::Cpu] => {
            left_out(format_args!("one GPU on this machine, nothing was run on two"));
            return Ok(());
        }
        gpus => gpus.to_vec(),
    };
    let (expected, actual) = (replicas(vec![Device::Cpu; 2])?, replicas(gpus)?);
    ensure!(expected.len() > 5 && expected.len() == actual.len(), "{expected:?}, {actual:?}");
    for (expected, actual) in expected.iter().zip(&actual) {
        let apart = (actual - expected).abs() / expected.abs().max(0.1);
        ensure!(apart < f64::from(LOSS), "{actual:?} on GPUs, {expected:?} on the CPU");
    }
    Ok(())
}

/// The losses of a small run on several devices.
#[cfg(feature = "nccl")]
fn replicas(devices: Vec<Device>) -> Result<Vec<f64>> {
    use fewshot_trainer::interrupt::Interrupt;
    use fewshot_trainer::run_dir::{Origin, RunDir, metrics};
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    fewshot_tests::fixture::splits(&data, 3, 16)?;
    let set = ["stage.pretrain.epochs=8", "stage.pretrain.schedule.rate=0.01"];
    let set = set.map(str::to_owned);
    let recipe = fewshot_trainer::recipe::Recipe::parse(fewshot_tests::fixture::RECIPE, &set)?;
    let sources = [fewshot_trainer::data::open(Some(&data))?];
    let run = RunDir::create(Some(&folder.path().join("run")), &recipe, &Origin::default())?;
    let interrupt = Interrupt::default();
    fewshot_trainer::train::train(recipe, &sources, run.clone(), devices, &interrupt, false)?;
    Ok(metrics::read(&run)?.iter().filter_map(|line| line.loss).collect())
}

/// The loss before each step of gradient descent on one episode with hallucination.
fn losses(device: &Device) -> Result<Vec<f32>> {
    let config = pattern::config(32, 3, 8, Some((GeneratorKind::Reference, 24)));
    let parameters = pattern::parameters(&config)?.to_device(device)?.to_variables()?;
    let model = Model::new(config, &parameters)?;
    let images = pattern::images(WAYS * (1 + QUERIES), 3, 32, false)?.to_device(device)?;
    let mut optimizer = plain(&parameters)?;
    let step = |step| {
        let shape = (WAYS, HALLUCINATIONS, model.config.feature_dim());
        let noise = pattern::tensor(step as u32, shape)?.to_device(device)?;
        descend(&mut optimizer, &episode_loss(&model, &images, &noise)?, LEARNING_RATE, step)
    };
    (0..STEPS).map(step).collect()
}
