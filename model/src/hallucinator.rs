//! The generator: new support features from a real one and noise
//! (Wang et al. 2018, "Low-Shot Learning from Imaginary Data").

use candle_core::{Device, Tensor};

use crate::{
    Error, GeneratorConfig, GeneratorKind, ModelConfig, Parameters, Result, Seeds,
    kernels::arithmetic::{Kept, add, add_relu, affine, product_kept},
    prototype,
    rng::{Rng, dropout_mask, normal, uniform},
};

/// Output scale a residual generator starts with: near the identity, yet with a gradient.
const RESIDUAL_START: f32 = 0.01;

/// A generator of features: Linear 2D→H, ReLU, dropout, Linear H→H, ReLU,
/// dropout, Linear H→D, then ReLU (`reference`) or added to the seed (`residual`).
#[derive(Clone, Debug)]
pub struct Generator {
    config: GeneratorConfig,
    layers: [Linear; 3],
    /// Of the first layer's weight: the seed's half and the noise's.
    halves: [Kept; 2],
    control: Control,
}

/// What a generator is compared with, to tell what its network and its noise
/// each are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// The generator as it was trained.
    #[default]
    Own,
    /// The same network, its noise set to zero: M hallucinations are one.
    NoiseOff,
    /// No network: the seed feature plus noise of the generator's scale.
    Jitter,
}

/// `x · weightᵀ + bias`; weight (out, in), bias (out), as PyTorch's Linear.
#[derive(Clone, Debug)]
struct Linear {
    weight: Tensor,
    bias: Tensor,
    kept: Kept,
}

impl Generator {
    /// Builds the generator of `config` from `generator.linear{1,2,3}.*`, shared
    /// with `parameters`. Updates of variables are seen; other tensors must not
    /// change once it has hallucinated.
    ///
    /// # Errors
    /// [`Error::NoGenerator`] where the configuration has none; if a tensor is
    /// missing or of another shape.
    pub fn new(config: &ModelConfig, parameters: &Parameters) -> Result<Self> {
        let generator = config.generator.clone().ok_or(Error::NoGenerator)?;
        let [first, second, third] = sizes(config, &generator);
        let layer = |index: usize, (input, output): (usize, usize)| -> Result<Linear> {
            let name = format!("generator.linear{index}");
            Ok(Linear {
                weight: parameters.get(&format!("{name}.weight"), (output, input))?,
                bias: parameters.get(&format!("{name}.bias"), output)?,
                kept: Kept::default(),
            })
        };
        let layers = [layer(1, first)?, layer(2, second)?, layer(3, third)?];
        Ok(Self { config: generator, layers, halves: Default::default(), control: Control::Own })
    }

    /// Fresh parameters as PyTorch's Linear starts, the residual form's last
    /// layer scaled down to start near the identity.
    ///
    /// # Errors
    /// [`Error::NoGenerator`] where the configuration has none.
    pub fn init(config: &ModelConfig, rng: &mut Rng, device: &Device) -> Result<Parameters> {
        let generator = config.generator.as_ref().ok_or(Error::NoGenerator)?;
        let mut parameters = Parameters::default();
        for (index, (input, output)) in sizes(config, generator).into_iter().enumerate() {
            let last = index == 2 && generator.kind == GeneratorKind::Residual;
            let scale = if last { RESIDUAL_START } else { 1.0 };
            let bound = scale / (input as f32).sqrt();
            let name = format!("generator.linear{}", index + 1);
            parameters
                .insert(format!("{name}.weight"), uniform(rng, bound, (output, input), device)?);
            parameters.insert(format!("{name}.bias"), uniform(rng, bound, output, device)?);
        }
        Ok(parameters)
    }

    /// The same generator, or what it is compared with.
    #[must_use]
    pub fn with_control(mut self, control: Control) -> Self {
        self.control = control;
        self
    }

    /// The generator's configuration.
    pub fn config(&self) -> &GeneratorConfig {
        &self.config
    }

    /// The real feature of each class that hallucinations start from, as
    /// configured; `draw` picks one of K where one is drawn, class after class.
    ///
    /// # Shapes
    /// - support: (N, K, D), f32
    /// - output: (N, D), f32
    ///
    /// # Errors
    /// If `support` has another rank, or `draw` picks beyond K.
    pub fn seeds(&self, support: &Tensor, mut draw: impl FnMut(usize) -> usize) -> Result<Tensor> {
        let (ways, shots, _dim) = support.dims3()?;
        match self.config.seeds {
            Seeds::Mean => prototype::mean(support),
            Seeds::Drawn => {
                let drawn = (0..ways).map(|way| Ok(support.get(way)?.get(draw(shots))?));
                Ok(Tensor::stack(&drawn.collect::<Result<Vec<_>>>()?, 0)?)
            }
        }
    }

    /// M features for each of N seeds, dropout off.
    ///
    /// # Shapes
    /// - seeds: (N, D), f32: one real support feature a class
    /// - noise: (N, M, D), f32, standard normal; scaled here
    /// - output: (N, M, D), f32
    ///
    /// # Errors
    /// If N or D differ.
    pub fn hallucinate(&self, seeds: &Tensor, noise: &Tensor) -> Result<Tensor> {
        self.run(seeds, noise, Ok)
    }

    /// As [`Self::hallucinate`], with dropout masks drawn from `rng`;
    /// differentiable in seeds and parameters.
    ///
    /// # Shapes
    /// - seeds: (N, D), noise: (N, M, D), output: (N, M, D), f32
    ///
    /// # Errors
    /// If N or D differ.
    pub fn hallucinate_train(
        &self,
        seeds: &Tensor,
        noise: &Tensor,
        rng: &mut Rng,
    ) -> Result<Tensor> {
        let rate = self.config.dropout;
        self.run(seeds, noise, |hidden| {
            if rate == 0.0 {
                return Ok(hidden);
            }
            let mask = dropout_mask(rng, rate, hidden.shape(), hidden.device())?;
            Ok((hidden * mask)?)
        })
    }

    fn run(
        &self,
        seeds: &Tensor,
        noise: &Tensor,
        mut dropout: impl FnMut(Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let (ways, dim) = seeds.dims2()?;
        let (noise_ways, count, noise_dim) = noise.dims3()?;
        if (ways, dim) != (noise_ways, noise_dim) {
            return Err(Error::Shape {
                name: "noise".into(),
                expected: (ways, count, dim).into(),
                actual: noise.shape().clone(),
            });
        }
        let scale = if self.control == Control::NoiseOff { 0.0 } else { self.config.noise_scale };
        let noise =
            if scale == 1.0 { noise.clone() } else { affine(noise, f64::from(scale), 0.0)? };
        if self.control == Control::Jitter {
            return add(&noise, &seeds.unsqueeze(1)?);
        }
        let [first, second, third] = &self.layers;
        let flat_noise = noise.reshape((ways * count, dim))?;
        // The first layer on (seed, noise) is the sum of its halves, and the
        // seed's half is the same for all M of a class: computed once.
        let seed_half = first.weight.narrow(1, 0, dim)?;
        let noise_half = first.weight.narrow(1, dim, dim)?;
        let [seed_kept, noise_kept] = &self.halves;
        let from_seed = add(&product_kept(seeds, &seed_half, seed_kept)?, &first.bias)?;
        let from_noise = product_kept(&flat_noise, &noise_half, noise_kept)?;
        let hidden = add_relu(&from_noise.reshape((ways, count, ()))?, &from_seed.unsqueeze(1)?)?;
        let hidden = dropout(hidden.flatten_to(1)?)?;
        let hidden = dropout(add_relu(&second.product(&hidden)?, &second.bias)?)?;
        let output = third.product(&hidden)?;
        match self.config.kind {
            GeneratorKind::Reference => {
                Ok(add_relu(&output, &third.bias)?.reshape((ways, count, dim))?)
            }
            GeneratorKind::Residual => {
                let added = add(&output, &third.bias)?.reshape((ways, count, dim))?;
                add(&added, &seeds.unsqueeze(1)?)
            }
        }
    }
}

impl Linear {
    /// Before the bias.
    fn product(&self, input: &Tensor) -> Result<Tensor> {
        product_kept(input, &self.weight, &self.kept)
    }
}

/// Standard normal noise for M hallucinations of each of N classes, (N, M, D).
pub fn noise(
    rng: &mut Rng,
    ways: usize,
    count: usize,
    dim: usize,
    device: &Device,
) -> Result<Tensor> {
    normal(rng, (ways, count, dim), device)
}

/// (input, output) of the three layers.
fn sizes(config: &ModelConfig, generator: &GeneratorConfig) -> [(usize, usize); 3] {
    let dim = config.feature_dim();
    let hidden = generator.hidden;
    [(2 * dim, hidden), (hidden, hidden), (hidden, dim)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::tests::tiny, rng::rng};

    fn generator(kind: GeneratorKind) -> Result<(Generator, Tensor, Tensor)> {
        let mut config = tiny(32, 3);
        if let Some(generator) = &mut config.generator {
            generator.kind = kind;
        }
        let device = &Device::Cpu;
        let mut rng = rng(3, 0);
        let generator = Generator::new(&config, &Generator::init(&config, &mut rng, device)?)?;
        let seeds = normal(&mut rng, (2, config.feature_dim()), device)?;
        let noise = noise(&mut rng, 2, 3, config.feature_dim(), device)?;
        Ok((generator, seeds, noise))
    }

    #[test]
    fn the_split_first_layer_equals_the_joined_one() -> Result<()> {
        let (generator, seeds, noise) = generator(GeneratorKind::Reference)?;
        let (ways, count, dim) = noise.dims3()?;
        let repeated = seeds.unsqueeze(1)?.broadcast_as((ways, count, dim))?.contiguous()?;
        let joined = Tensor::cat(&[&repeated, &noise], 2)?.reshape((ways * count, 2 * dim))?;
        let mut expected = joined;
        for layer in &generator.layers {
            expected = layer.product(&expected)?.broadcast_add(&layer.bias)?.relu()?;
        }
        let actual = generator.hallucinate(&seeds, &noise)?.reshape((ways * count, dim))?;
        let difference = (actual - expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
        assert!(difference < 1e-5, "{difference}");
        Ok(())
    }

    #[test]
    fn a_residual_generator_starts_near_the_identity() -> Result<()> {
        let (generator, seeds, noise) = generator(GeneratorKind::Residual)?;
        let hallucinated = generator.hallucinate(&seeds, &noise)?;
        let moved = hallucinated.broadcast_sub(&seeds.unsqueeze(1)?)?;
        let largest = moved.abs()?.max_all()?.to_scalar::<f32>()?;
        assert!(largest > 0.0 && largest < 0.1, "{largest}");
        Ok(())
    }

    #[test]
    fn controls_leave_out_the_noise_or_the_network() -> Result<()> {
        let (generator, seeds, noise) = generator(GeneratorKind::Residual)?;
        let rows = |control| -> Result<Vec<Vec<Vec<f32>>>> {
            let generator = generator.clone().with_control(control);
            Ok(generator.hallucinate(&seeds, &noise)?.to_vec3()?)
        };
        let own = rows(Control::Own)?;
        assert_ne!(own[0][0], own[0][1]);
        let still = rows(Control::NoiseOff)?;
        assert_eq!(still[0][0], still[0][1]);
        assert_ne!(still[0][0], seeds.to_vec2::<f32>()?[0], "the network is still there");
        let jitter = rows(Control::Jitter)?;
        let expected = noise.broadcast_add(&seeds.unsqueeze(1)?)?.to_vec3::<f32>()?;
        assert_eq!(jitter, expected, "the scale is 1 here");
        Ok(())
    }

    #[test]
    fn dropout_comes_from_the_given_generator() -> Result<()> {
        let (generator, seeds, noise) = generator(GeneratorKind::Reference)?;
        let draw = |seed| -> Result<Vec<f32>> {
            let features = generator.hallucinate_train(&seeds, &noise, &mut rng(seed, 0))?;
            Ok(features.flatten_all()?.to_vec1()?)
        };
        assert_eq!(draw(1)?, draw(1)?);
        assert_ne!(draw(1)?, draw(2)?);
        Ok(())
    }
}
