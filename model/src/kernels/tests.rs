//! The kernels against candle's operations.

mod memory;
mod properties;

use candle_core::{Device, Tensor};

use super::Level;
use crate::{
    Backbone, BackboneConfig, Backend, Model, ModelConfig, Parameters, Result,
    config::{Conv4Config, tests::tiny},
    rng,
};

/// Largest difference relative to the largest value.
fn difference(actual: &Tensor, expected: &Tensor) -> f32 {
    let largest =
        |tensor: Tensor| tensor.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
    largest((actual - expected).unwrap()) / largest(expected.clone()).max(1e-6)
}

fn config(side: usize, input: usize, channels: usize) -> ModelConfig {
    let mut config = tiny(side, input);
    config.backbone = BackboneConfig::conv4(channels, 4);
    config.generator = None;
    config
}

fn sizes(config: &ModelConfig) -> Conv4Config {
    match &config.backbone {
        BackboneConfig::Conv4(conv4) => conv4.clone(),
        other => panic!("{} has other kernels", other.name()),
    }
}

/// Parameters away from their start, so that every term counts.
fn parameters(config: &ModelConfig, seed: u64) -> Result<Parameters> {
    let device = &Device::Cpu;
    let rng = &mut rng::rng(seed, 9);
    let mut parameters = Model::init(config, seed, device)?;
    let Conv4Config { channels, blocks, .. } = sizes(config);
    for block in 0..blocks {
        let mut put = |name: &str, base: f64, spread: f64| -> Result<()> {
            let drawn = ((rng::normal(rng, channels, device)? * spread)? + base)?;
            parameters.insert(format!("encoder.{block}.1.{name}"), drawn);
            Ok(())
        };
        put("weight", 0.9, 0.5)?;
        put("bias", 0.1, 0.3)?;
        put("running_mean", 0.0, 0.2)?;
        let variance = rng::uniform(rng, 0.4, channels, device)?.affine(1.0, 0.6)?;
        parameters.insert(format!("encoder.{block}.1.running_var"), variance);
    }
    Ok(parameters)
}

/// Features, gradients by name, and running statistics after one step.
fn step(
    config: &ModelConfig,
    parameters: &Parameters,
    images: &Tensor,
    backend: impl Fn(Backbone) -> Backbone,
) -> Result<(Tensor, Parameters, Parameters)> {
    let variables = parameters.to_variables()?;
    let backbone = backend(Backbone::new(config, &variables)?);
    let features = backbone.forward_train(images)?;
    let weights = rng::normal(&mut rng::rng(5, 5), features.shape(), &Device::Cpu)?;
    let gradients = (&features * weights)?.sum_all()?.backward()?;
    let named = variables.trainable()?.into_iter().map(|(name, variable)| {
        let gradient = match gradients.get(&variable) {
            Some(gradient) => gradient.clone(),
            // BatchNorm takes the convolution's bias out again.
            None if name.ends_with(".0.bias") => variable.zeros_like()?,
            None => panic!("{name} has no gradient"),
        };
        Ok((name, gradient))
    });
    Ok((features.detach(), named.collect::<Result<_>>()?, variables))
}

fn compare(config: &ModelConfig, batch: usize, level: Level) -> Result<()> {
    let what = format!("{config:?}, batch {batch}, {level:?}");
    let (side, input) = (config.image.size, config.image.channels);
    let parameters = parameters(config, 3)?;
    let images = rng::normal(&mut rng::rng(1, 1), (batch, input, side, side), &Device::Cpu)?;
    let reference = |backbone: Backbone| backbone.with_backend(Backend::Reference);
    let kernels = |backbone: Backbone| backbone.with_level(level);
    let (expected, expected_gradients, expected_after) =
        step(config, &parameters, &images, reference)?;
    let (actual, actual_gradients, actual_after) = step(config, &parameters, &images, kernels)?;
    assert!(difference(&actual, &expected) < 1e-4, "features: {what}");
    for ((name, actual), (_, expected)) in actual_gradients.iter().zip(expected_gradients.iter()) {
        if name.ends_with("0.bias") {
            // Zero but for rounding: BatchNorm takes the bias out.
            let largest = actual.abs()?.max_all()?.to_scalar::<f32>()?;
            assert_eq!(largest, 0.0, "{name}: {what}");
        } else {
            let difference = difference(actual, expected);
            assert!(difference < 1e-3, "{name} differs by {difference}: {what}");
        }
    }
    for (name, expected) in expected_after.iter().filter(|(name, _)| name.contains("running")) {
        let actual = actual_after.find(name).expect("the same names");
        assert!(difference(actual, expected) < 1e-4, "{name}: {what}");
    }
    let encode = |backend: &dyn Fn(Backbone) -> Backbone| {
        backend(Backbone::new(config, &parameters)?).forward(&images)
    };
    let (actual, expected) = (encode(&kernels)?, encode(&reference)?);
    assert!(difference(&actual, &expected) < 1e-4, "inference: {what}");
    Ok(())
}

#[test]
fn the_published_sizes_agree_with_candle() -> Result<()> {
    for (side, input, batch) in [(84, 3, 5), (64, 3, 3), (32, 3, 10), (28, 1, 25)] {
        compare(&config(side, input, 64), batch, Level::best())?;
    }
    Ok(())
}

#[test]
fn odd_sides_and_any_width_agree_with_candle() -> Result<()> {
    for (side, input, channels, batch) in [
        (37, 3, 8, 2),
        (53, 1, 20, 3),
        (16, 3, 64, 7),
        (17, 1, 33, 1),
        (47, 3, 16, 1),
        (29, 3, 5, 100),
    ] {
        compare(&config(side, input, channels), batch, Level::best())?;
    }
    Ok(())
}

#[test]
fn fewer_and_more_blocks_agree_with_candle() -> Result<()> {
    for blocks in [1, 2, 5] {
        let mut config = config(40, 3, 24);
        config.backbone = BackboneConfig::conv4(24, blocks);
        compare(&config, 4, Level::best())?;
    }
    Ok(())
}

#[test]
fn every_instruction_set_agrees_with_candle() -> Result<()> {
    for level in Level::available() {
        compare(&config(28, 1, 40), 4, level)?;
        compare(&config(21, 3, 64), 3, level)?;
    }
    Ok(())
}

#[test]
fn ties_of_binary_pictures_are_broken_as_in_pytorch() -> Result<()> {
    let config = config(28, 1, 16);
    let parameters = parameters(&config, 8)?;
    let binary = rng::normal(&mut rng::rng(2, 2), (6, 1, 28, 28), &Device::Cpu)?.ge(1.2)?;
    let images = binary.to_dtype(candle_core::DType::F32)?;
    let reference = |backbone: Backbone| backbone.with_backend(Backend::Reference);
    let (_, expected, _) = step(&config, &parameters, &images, reference)?;
    let (_, actual, _) = step(&config, &parameters, &images, |backbone| backbone)?;
    for ((name, actual), (_, expected)) in actual.iter().zip(expected.iter()) {
        if !name.ends_with("0.bias") {
            let difference = difference(actual, expected);
            assert!(difference < 1e-3, "{name} differs by {difference}");
        }
    }
    Ok(())
}

#[test]
fn any_number_of_threads_gives_the_same_bits() -> Result<()> {
    let config = config(28, 3, 24);
    let parameters = parameters(&config, 4)?;
    let images = rng::normal(&mut rng::rng(3, 3), (37, 3, 28, 28), &Device::Cpu)?;
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (features, gradients, _) =
            pool.install(|| step(&config, &parameters, &images, |backbone| backbone)).unwrap();
        let mut tensors: Vec<_> = gradients.iter().map(|(_, gradient)| gradient.clone()).collect();
        tensors.push(features);
        let bits = |tensor: Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        tensors.into_iter().flat_map(bits).map(f32::to_bits).collect::<Vec<_>>()
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
    Ok(())
}

#[test]
fn a_gradient_asked_for_twice_is_refused() -> Result<()> {
    let config = config(16, 1, 16);
    let variables = parameters(&config, 4)?.to_variables()?;
    let images = rng::normal(&mut rng::rng(3, 3), (2, 1, 16, 16), &Device::Cpu)?;
    let loss = Backbone::new(&config, &variables)?.forward_train(&images)?.sum_all()?;
    assert!(loss.backward().is_ok());
    let again = loss.backward().map(|_| ()).unwrap_err().to_string();
    assert!(again.contains("twice"), "{again}");
    Ok(())
}
