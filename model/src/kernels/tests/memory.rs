//! The smallest case of every kernel against plain loops: what Miri looks over, which no other
//! test is quick enough for. It has no instruction sets, so the portable kernels are what it
//! sees; natively every instruction set is compared.

use candle_core::{Device, Tensor};

use super::{super::dense, config, parameters};
use crate::{
    Backbone, Result,
    kernels::{Activation, Convolution, Level, Moments, Plan, Step, same_padding},
    rng,
};

/// A map as plain numbers, (S, S, C).
#[derive(Clone)]
struct Plain {
    side: usize,
    values: Vec<f32>,
}

fn drawn(stream: u64, count: usize) -> Vec<f32> {
    rng::normal(&mut rng::rng(4, stream), count, &Device::Cpu).unwrap().to_vec1().unwrap()
}

fn convolution(
    [input, output]: [usize; 2],
    kernel: usize,
    stride: usize,
    activation: Activation,
) -> Convolution {
    let stream = (input * output + kernel) as u64;
    let weight = drawn(stream, input * output * kernel * kernel);
    Convolution { weight, bias: drawn(stream + 1, output), input, kernel, stride, activation }
}

fn depthwise(channels: usize, kernel: usize, stride: usize) -> Convolution {
    let weight = drawn(kernel as u64, channels * kernel * kernel);
    let bias = drawn(stride as u64, channels);
    Convolution { weight, bias, input: channels, kernel, stride, activation: Activation::RELU6 }
}

fn activated(activation: Activation, value: f32) -> f32 {
    value.max(activation.slope * value).min(activation.ceiling)
}

/// Position by position; `added` before the activation.
fn convolve(by: &Convolution, map: &Plain, added: Option<&Plain>) -> Plain {
    let (input, output, kernel) = (by.input, by.output(), by.kernel);
    let apart = by.weight.len() == output * kernel * kernel && input > 1;
    let (side, before) = same_padding(map.side, kernel, by.stride);
    let mut values = Vec::new();
    for (row, column) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
        for channel in 0..output {
            let mut sum = by.bias[channel];
            for (y, x) in (0..kernel).flat_map(|y| (0..kernel).map(move |x| (y, x))) {
                let (y_in, x_in) = (row * by.stride + y, column * by.stride + x);
                let inside = |at: usize| (before..before + map.side).contains(&at);
                if !inside(y_in) || !inside(x_in) {
                    continue;
                }
                let pixel = ((y_in - before) * map.side + x_in - before) * input;
                let tap = y * kernel + x;
                if apart {
                    let weight = by.weight[channel * kernel * kernel + tap];
                    sum += weight * map.values[pixel + channel];
                } else {
                    for depth in 0..input {
                        let weight = (channel * input + depth) * kernel * kernel + tap;
                        sum += by.weight[weight] * map.values[pixel + depth];
                    }
                }
            }
            let added = added.map_or(0.0, |map| map.values[values.len()]);
            values.push(activated(by.activation, sum + added));
        }
    }
    Plain { side, values }
}

fn max_pool(map: &Plain, channels: usize) -> Plain {
    let side = map.side / 2;
    let mut values = Vec::new();
    for (row, column) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
        for channel in 0..channels {
            let at = |y: usize, x: usize| {
                map.values[((2 * row + y) * map.side + 2 * column + x) * channels + channel]
            };
            values.push(at(0, 0).max(at(0, 1)).max(at(1, 0)).max(at(1, 1)));
        }
    }
    Plain { side, values }
}

fn moments(map: &Plain, channels: usize) -> Vec<f32> {
    let count = (map.side * map.side) as f32;
    let of = |channel: usize| map.values[channel..].iter().step_by(channels);
    let mean = |channel: usize| of(channel).sum::<f32>() / count;
    let means: Vec<f32> = (0..channels).map(mean).collect();
    let deviation = |channel: usize| {
        let squares = of(channel).map(|value| (value - means[channel]).powi(2));
        (squares.sum::<f32>() / count).sqrt()
    };
    let deviations: Vec<f32> = (0..channels).map(deviation).collect();
    [means, deviations].concat()
}

fn close(actual: &[f32], expected: &[f32], what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0f32, |most, value| most.max(value.abs()));
    for (actual, expected) in actual.iter().zip(expected) {
        assert!((actual - expected).abs() <= 1e-4 * largest, "{what}: {actual} for {expected}");
    }
}

/// A residual block as ResNet-12 has it, then inverted ones as EfficientNet-Lite0 has them: with
/// and without the step to more channels, of both windows and strides, added and not.
#[test]
fn every_step_of_a_plan_keeps_to_its_memory() {
    let side = 6;
    let leaky = Activation { slope: 0.1, ..Activation::RELU };
    let first = convolution([3, 5], 3, 1, Activation::RELU);
    let shortcut = convolution([5, 6], 1, 1, Activation::NONE);
    let second = convolution([5, 6], 3, 1, leaky);
    let inverted = [
        (None, depthwise(6, 3, 1), convolution([6, 6], 1, 1, Activation::NONE), true),
        (
            Some(convolution([6, 9], 1, 1, Activation::RELU6)),
            depthwise(9, 5, 2),
            convolution([9, 7], 1, 1, Activation::NONE),
            false,
        ),
    ];
    let both = Moments { mean: 1.0, deviation: 1.0 };
    let mut steps = vec![
        Step::Convolve { convolution: first.clone(), add_kept: false },
        Step::Keep { shortcut: Some(shortcut.clone()) },
        Step::Convolve { convolution: second.clone(), add_kept: true },
        Step::MaxPool,
    ];
    for (expand, depthwise, project, residual) in inverted.clone() {
        steps.push(Step::InvertedResidual { expand, depthwise, project, residual });
    }
    steps.push(Step::Pool(both));

    let pixels = drawn(1, 3 * side * side);
    let mut expected = Vec::new();
    for picture in pixels.chunks_exact(3 * side * side) {
        let planes = |at: usize| (0..3).map(move |channel| picture[channel * side * side + at]);
        let map = Plain { side, values: (0..side * side).flat_map(planes).collect() };
        let map = convolve(&first, &map, None);
        let kept = convolve(&shortcut, &map, None);
        let mut map = max_pool(&convolve(&second, &map, Some(&kept)), 6);
        for (expand, depthwise, project, residual) in &inverted {
            let wide = expand.as_ref().map_or_else(|| map.clone(), |by| convolve(by, &map, None));
            let filtered = convolve(depthwise, &wide, None);
            map = convolve(project, &filtered, residual.then_some(&map));
        }
        expected.extend(moments(&map, 7));
    }
    for level in Level::available() {
        let steps = steps.iter().cloned().map(Ok::<Step, ()>);
        let plan = Plan::new(level, 3, steps).expect("each step is there");
        close(&plan.forward(&pixels, side), &expected, &format!("{level:?}"));
    }
}

#[test]
fn conv_4_keeps_to_its_memory_in_inference_and_in_training() -> Result<()> {
    // One side that halves evenly, one that does not.
    for (side, channels) in [(4, 3), (7, 17)] {
        let mut config = config(side, 3, channels);
        config.backbone = crate::BackboneConfig::conv4(channels, 2);
        let variables = parameters(&config, 3)?.to_variables()?;
        let images = rng::normal(&mut rng::rng(1, 1), (2, 3, side, side), &Device::Cpu)?;
        for level in Level::available() {
            let backbone = Backbone::new(&config, &variables)?.with_level(level);
            let features = backbone.forward(&images)?.flatten_all()?.to_vec1::<f32>()?;
            assert!(features.iter().all(|value| value.is_finite()), "{level:?}");
            // A sum alone: its gradient takes no matrix product of candle's, which Miri
            // cannot run.
            let gradients = backbone.forward_train(&images)?.sum_all()?.backward()?;
            for (name, variable) in variables.trainable()? {
                let Some(gradient) = gradients.get(&variable) else { continue };
                let gradient = gradient.flatten_all()?.to_vec1::<f32>()?;
                assert!(gradient.iter().all(|value| value.is_finite()), "{name} {level:?}");
            }
        }
    }
    Ok(())
}

/// More columns than a panel and more depth than a block of the product have.
#[test]
fn products_keep_to_their_memory() -> Result<()> {
    let [m, k, n] = [3, 161, 17];
    let (x, weight) = (drawn(1, m * k), drawn(2, n * k));
    let dot = |row: usize, column: usize| -> f32 {
        (0..k).map(|depth| x[row * k + depth] * weight[column * k + depth]).sum()
    };
    let pairs = (0..m).flat_map(|row| (0..n).map(move |column| (row, column)));
    let expected: Vec<f32> = pairs.map(|(row, column)| dot(row, column)).collect();
    let input = Tensor::from_vec(x.clone(), (m, k), &Device::Cpu)?;
    let weight = Tensor::from_vec(weight.clone(), (n, k), &Device::Cpu)?;
    for level in Level::available() {
        let product = dense::linear(level, &input, &weight)?;
        close(&product.flatten_all()?.to_vec1()?, &expected, &format!("{level:?}"));
        let across = dense::multiply(level, &input, &weight.t()?.contiguous()?)?;
        close(&across.flatten_all()?.to_vec1()?, &expected, &format!("{level:?}, transposed"));
    }
    Ok(())
}
