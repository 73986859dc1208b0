//! A network on feature and noise (Wang et al. 2018, section 4).

use candle_core::{Device, Tensor};

use crate::{
    GeneratorConfig, GeneratorKind, Parameters, Result,
    kernels::{
        arithmetic::{Kept, add, add_relu, product_kept},
        layer::{self, Rows},
    },
    rng::{Rng, uniform},
};

/// Output scale a residual generator starts with: near the identity, yet with a gradient.
const RESIDUAL_START: f32 = 0.01;

/// Linear 2D→H, ReLU, dropout, Linear H→H, ReLU, dropout, Linear H→D, then ReLU
/// (`reference`) or added to the seed (`residual`).
#[derive(Clone, Debug)]
pub(super) struct Network {
    layers: [Linear; 3],
    /// Of the first layer's weight: the seed's half and the noise's.
    halves: [Kept; 2],
}

/// `x · weightᵀ + bias`; weight (out, in), bias (out), as PyTorch's Linear.
#[derive(Clone, Debug)]
struct Linear {
    weight: Tensor,
    bias: Tensor,
    kept: Kept,
}

/// Fresh parameters as PyTorch's Linear starts, the residual form's last layer
/// scaled down to start near the identity.
pub(super) fn init(
    config: &GeneratorConfig,
    dim: usize,
    rng: &mut Rng,
    device: &Device,
) -> Result<Parameters> {
    let mut parameters = Parameters::default();
    for (index, (input, output)) in sizes(dim, config.hidden).into_iter().enumerate() {
        let last = index == 2 && config.kind == GeneratorKind::Residual;
        let scale = if last { RESIDUAL_START } else { 1.0 };
        let bound = scale / (input as f32).sqrt();
        let name = format!("generator.linear{}", index + 1);
        parameters.insert(format!("{name}.weight"), uniform(rng, bound, (output, input), device)?);
        parameters.insert(format!("{name}.bias"), uniform(rng, bound, output, device)?);
    }
    Ok(parameters)
}

impl Network {
    pub fn new(config: &GeneratorConfig, dim: usize, parameters: &Parameters) -> Result<Self> {
        let [first, second, third] = sizes(dim, config.hidden);
        let layer = |index: usize, (input, output): (usize, usize)| -> Result<Linear> {
            let name = format!("generator.linear{index}");
            Ok(Linear {
                weight: parameters.get(&format!("{name}.weight"), (output, input))?,
                bias: parameters.get(&format!("{name}.bias"), output)?,
                kept: Kept::default(),
            })
        };
        let layers = [layer(1, first)?, layer(2, second)?, layer(3, third)?];
        Ok(Self { layers, halves: Default::default() })
    }

    /// # Shapes
    /// - seeds: (N, D), noise: (N, M, D), scaled; output: (N, M, D)
    pub fn run(
        &self,
        kind: GeneratorKind,
        seeds: &Tensor,
        noise: &Tensor,
        mut dropout: impl FnMut(Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let [_, second, third] = &self.layers;
        let residual = kind == GeneratorKind::Residual;
        let hidden = dropout(self.first(seeds, noise)?)?;
        let hidden = dropout(second.run(&hidden, true)?)?;
        let output = third.run(&hidden, !residual)?.reshape(noise.shape())?;
        if residual { add(&output, &seeds.unsqueeze(1)?) } else { Ok(output) }
    }

    /// The first layer on (seed, noise), (N · M, H).
    fn first(&self, seeds: &Tensor, noise: &Tensor) -> Result<Tensor> {
        let first = &self.layers[0];
        if layer::serves(&first.weight) {
            return layer::layer(Rows::Joined { seeds, noise }, &first.weight, &first.bias, true);
        }
        let product = |rows: &Tensor, half: &Tensor, index: usize| {
            let product = product_kept(rows, half, &self.halves[index])?;
            // The bias once for all M too.
            if index == 0 { add(&product, &first.bias) } else { Ok(product) }
        };
        layer::by_halves([seeds, noise], &first.weight, product, add_relu)
    }
}

impl Linear {
    fn run(&self, input: &Tensor, rectified: bool) -> Result<Tensor> {
        if layer::serves(&self.weight) {
            return layer::layer(Rows::Plain(input), &self.weight, &self.bias, rectified);
        }
        let product = product_kept(input, &self.weight, &self.kept)?;
        if rectified { add_relu(&product, &self.bias) } else { add(&product, &self.bias) }
    }
}

/// (input, output) of the three layers.
fn sizes(dim: usize, hidden: usize) -> [(usize, usize); 3] {
    [(2 * dim, hidden), (hidden, hidden), (hidden, dim)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{normal, rng};

    #[test]
    fn the_split_first_layer_equals_the_joined_one() -> Result<()> {
        let (ways, count, dim) = (2, 3, 10);
        let (config, device) = (GeneratorConfig::new(GeneratorKind::Reference, 24), &Device::Cpu);
        let mut rng = rng(3, 0);
        let network = Network::new(&config, dim, &init(&config, dim, &mut rng, device)?)?;
        let seeds = normal(&mut rng, (ways, dim), device)?;
        let noise = normal(&mut rng, (ways, count, dim), device)?;
        let repeated = seeds.unsqueeze(1)?.broadcast_as((ways, count, dim))?.contiguous()?;
        let joined = Tensor::cat(&[&repeated, &noise], 2)?.reshape((ways * count, 2 * dim))?;
        let mut expected = joined;
        for layer in &network.layers {
            expected = layer.run(&expected, true)?;
        }
        let actual = network.run(GeneratorKind::Reference, &seeds, &noise, Ok)?;
        let actual = actual.reshape((ways * count, dim))?;
        let difference = (actual - expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
        assert!(difference < 1e-5, "{difference}");
        Ok(())
    }
}
