//! What holds for every shape, on shapes that no one chose.

use candle_core::Tensor;
use rand::Rng as _;

use super::{Level, Result, compare, config, difference, parameters, rng, step};
use crate::{Backbone, BackboneConfig, Backend, ModelConfig, Parameters};

const SHAPES: usize = 24;

#[test]
fn shapes_drawn_at_random_agree_with_candle() -> Result<()> {
    let rng = &mut rng::rng(11, 0);
    let levels: Vec<Level> = Level::available();
    for number in 0..SHAPES {
        let blocks = rng.random_range(1..=4);
        let input = if rng.random() { 1 } else { 3 };
        let channels = rng.random_range(1..=70);
        let mut config = config(rng.random_range((1 << blocks)..=40), input, channels);
        config.backbone = BackboneConfig::conv4(channels, blocks);
        // Small batches, and now and then one of up to a hundred.
        let most = if number % 8 == 0 { 100 } else { 9 };
        let batch = rng.random_range(1..=most);
        // One value a channel has no spread to normalise by: rounding is all there is.
        let batch = if config.image.size >> (blocks - 1) == 2 { batch + 1 } else { batch };
        compare(&config, batch, levels[rng.random_range(0..levels.len())])?;
    }
    Ok(())
}

/// How far the parameters are moved, and how far the slope may be off: f32
/// rounding over the distance, and the kinks of ReLU and pooling within it.
const DISTANCE: f64 = 1e-4;
const TOLERANCE: f64 = 0.02;

#[test]
fn gradients_are_the_slopes_of_finite_differences() -> Result<()> {
    let mut config = config(12, 3, 5);
    config.backbone = BackboneConfig::conv4(5, 2);
    let parameters = parameters(&config, 6)?;
    let images = rng::normal(&mut rng::rng(4, 4), (6, 3, 12, 12), &candle_core::Device::Cpu)?;
    let (_, gradients, _) = step(&config, &parameters, &images, |backbone| backbone)?;
    for (index, (name, gradient)) in gradients.iter().enumerate() {
        if name.ends_with("0.bias") {
            // BatchNorm takes the bias out: no slope to measure.
            continue;
        }
        let direction =
            rng::normal(&mut rng::rng(7, index as u64), gradient.shape(), gradient.device())?;
        let expected = f64::from((gradient * &direction)?.sum_all()?.to_scalar::<f32>()?);
        let at = |distance: f64| -> Result<f64> {
            let mut moved = parameters.clone();
            let value = parameters.find(name).expect("a parameter of this name");
            moved.insert(name, (value + (&direction * distance)?)?);
            loss(&config, &moved, &images)
        };
        let slope = (at(DISTANCE)? - at(-DISTANCE)?) / (2.0 * DISTANCE);
        let length = f64::from(gradient.sqr()?.sum_all()?.sqrt()?.to_scalar::<f32>()?);
        let off = (slope - expected).abs() / length;
        assert!(off < TOLERANCE, "{name}: slope {slope}, gradient {expected}, {off} of its length");
    }
    Ok(())
}

/// What [`step`] takes the gradient of, summed in f64.
fn loss(config: &ModelConfig, parameters: &Parameters, images: &Tensor) -> Result<f64> {
    let (features, _, _) = step(config, parameters, images, |backbone| backbone)?;
    let weights = rng::normal(&mut rng::rng(5, 5), features.shape(), features.device())?;
    let values = |tensor: Tensor| tensor.flatten_all()?.to_vec1::<f32>();
    let products = values(features)?.into_iter().zip(values(weights)?);
    Ok(products.map(|(feature, weight)| f64::from(feature) * f64::from(weight)).sum())
}

#[test]
fn large_means_do_not_cancel_in_the_variance() -> Result<()> {
    let mut config = config(24, 3, 20);
    config.backbone = BackboneConfig::conv4(20, 2);
    let mut parameters = parameters(&config, 12)?;
    // Filters of the centre alone: zeros around the picture then add no variance of their own.
    let device = &candle_core::Device::Cpu;
    let centre = Tensor::new(&[[[[0f32, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]]], device)?;
    for name in ["encoder.0.0.weight", "encoder.1.0.weight"] {
        let weight = parameters.find(name).expect("a filter").broadcast_mul(&centre)?;
        parameters.insert(name, weight);
    }
    let noise = rng::normal(&mut rng::rng(6, 6), (6, 3, 24, 24), device)?;
    for offset in [3.0, 30.0, 300.0] {
        let images = (&noise + offset)?;
        let reference = |net: Backbone| net.with_backend(Backend::Reference);
        let (expected, _, after) = step(&config, &parameters, &images, reference)?;
        let (actual, _, kernels_after) = step(&config, &parameters, &images, |net| net)?;
        // The pictures themselves have no more digits than f32 leaves beside the offset.
        let off = difference(&actual, &expected);
        assert!(off < 1e-3, "features, mean {offset}: {off}");
        let name = "encoder.0.1.running_var";
        let (actual, expected) = (kernels_after.find(name), after.find(name));
        let off = difference(actual.expect("a variance"), expected.expect("a variance"));
        assert!(off < 1e-4, "variance, mean {offset}: {off}");
    }
    Ok(())
}
