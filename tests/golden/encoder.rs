//! Conv-4 by both backends: inference, a training step's features, gradients and
//! running statistics.

use anyhow::{Context, Result, ensure};
use fewshot::{Backbone, Backend, Parameters};
use fewshot_tests::golden::{Golden, every, largest};
use fewshot_tests::pattern;

const FORWARD: f32 = 1e-4;
const GRADIENT: f32 = 1e-3;
/// BatchNorm subtracts the bias of the convolution before it, so that its true
/// gradient is zero; what is left is rounding, held against the largest gradient.
const BIAS_GRADIENT: f32 = 1e-4;

struct Case {
    name: &'static str,
    size: usize,
    channels: usize,
    width: usize,
    batch: usize,
    binary: bool,
    /// Of a large gradient only every so-many-th value is stored.
    stride: usize,
}

const CASES: [Case; 4] = [
    // Black and white: many windows of the first pooling are ties.
    Case { name: "grey_28", size: 28, channels: 1, width: 6, batch: 4, binary: true, stride: 1 },
    Case { name: "colour_32", size: 32, channels: 3, width: 5, batch: 4, binary: false, stride: 1 },
    Case { name: "odd_37", size: 37, channels: 3, width: 3, batch: 3, binary: false, stride: 1 },
    Case {
        name: "conv4_84",
        size: 84,
        channels: 3,
        width: 64,
        batch: 2,
        binary: false,
        stride: 97,
    },
];

#[test]
fn candles_operations_equal_pytorch() -> Result<()> {
    CASES.iter().try_for_each(|case| check(case, Backend::Reference).context(case.name))
}

#[test]
fn the_fastest_backend_equals_pytorch() -> Result<()> {
    CASES.iter().try_for_each(|case| check(case, Backend::Fastest).context(case.name))
}

fn check(case: &Case, backend: Backend) -> Result<()> {
    let golden = Golden::new(include_bytes!("encoder.safetensors"))?;
    let expected = |what: &str| format!("{}.{what}", case.name);
    let config = pattern::config(case.size, case.channels, case.width, None);
    let parameters = pattern::parameters(&config)?;
    let backbone = Backbone::new(&config, &parameters)?.with_backend(backend);
    let images = pattern::images(case.batch, case.channels, case.size, case.binary)?;

    golden.check(&expected("eval"), &backbone.forward(&images)?, FORWARD)?;
    let features = backbone.forward_train(&images)?;
    golden.check(&expected("train"), &features, FORWARD)?;
    check_running(&golden, case, &parameters)?;

    let weights = pattern::tensor(1000, features.shape())?;
    let gradients = (features * weights)?.sum_all()?.backward()?;
    let (biases, others): (Vec<_>, Vec<_>) =
        parameters.trainable()?.into_iter().partition(|(name, _)| name.ends_with(".0.bias"));
    let mut scale = 0.0;
    for (name, var) in &others {
        let gradient = gradients.get(var).context("no gradient")?;
        scale = f32::max(scale, largest(gradient)?);
        let kept = every(case.stride, gradient)?;
        golden.check(&expected(&format!("gradient.{name}")), &kept, GRADIENT)?;
    }
    for (name, var) in &biases {
        // BatchNorm takes it out again: rounding, or no gradient at all.
        let Some(gradient) = gradients.get(var) else { continue };
        let rounding = largest(gradient)? / scale;
        ensure!(rounding <= BIAS_GRADIENT, "{name}: {rounding:e} of the largest gradient");
    }
    Ok(())
}

fn check_running(golden: &Golden, case: &Case, parameters: &Parameters) -> Result<()> {
    for (name, tensor) in parameters.iter().filter(|(name, _)| name.contains("running")) {
        golden.check(&format!("{}.after.{name}", case.name), tensor, FORWARD)?;
    }
    Ok(())
}
