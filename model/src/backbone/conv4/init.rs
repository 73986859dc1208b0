//! Fresh parameters, distributed as PyTorch's modules start.

use candle_core::{DType, Device, Tensor};

use crate::{
    Parameters, Result,
    config::Conv4Config,
    rng::{Rng, uniform},
};

pub(super) fn parameters(
    config: &Conv4Config,
    mut input: usize,
    rng: &mut Rng,
    device: &Device,
) -> Result<Parameters> {
    let mut parameters = Parameters::default();
    let out = config.channels;
    for index in 0..config.blocks {
        // Kaiming-uniform with a = √5 is uniform within 1/√fan_in, for weight and bias alike.
        let bound = 1.0 / ((input * 9) as f32).sqrt();
        let mut put = |name: &str, tensor: Tensor| {
            parameters.insert(format!("encoder.{index}.{name}"), tensor);
        };
        put("0.weight", uniform(rng, bound, (out, input, 3, 3), device)?);
        put("0.bias", uniform(rng, bound, out, device)?);
        put("1.weight", Tensor::ones(out, DType::F32, device)?);
        put("1.bias", Tensor::zeros(out, DType::F32, device)?);
        put("1.running_mean", Tensor::zeros(out, DType::F32, device)?);
        put("1.running_var", Tensor::ones(out, DType::F32, device)?);
        input = out;
    }
    Ok(parameters)
}
