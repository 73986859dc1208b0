//! Generators: new support features from a real one and noise.
//!
//! A form is one file: `network` (Wang et al. 2018, "Low-Shot Learning from
//! Imaginary Data") and `covariance` (after Yang et al. 2021). Where the noise
//! comes from is the caller's.

mod covariance;
mod network;

use candle_core::{Device, Tensor};

pub use covariance::{BASIS, DEVIATIONS, REST};

use crate::{
    Error, GeneratorConfig, GeneratorKind, ModelConfig, Parameters, Result, Seeds,
    distance::normalise,
    kernels::arithmetic::{add, affine, mean_keepdim},
    kernels::rows::stack,
    rng::{Rng, dropout_mask, normal},
};
use covariance::Covariance;
use network::Network;

/// A generator of features, as configured.
#[derive(Clone, Debug)]
pub struct Generator {
    config: GeneratorConfig,
    form: Form,
    control: Control,
}

#[derive(Clone, Debug)]
enum Form {
    Network(Network),
    Covariance(Covariance),
}

/// What a generator is compared with, to tell what its network and its noise
/// each are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// The generator as it was trained.
    #[default]
    Own,
    /// The same generator, its noise set to zero: M hallucinations are one.
    NoiseOff,
    /// Neither network nor covariance: the seed feature plus noise of the generator's scale.
    Jitter,
}

impl Generator {
    /// Builds the generator of `config` from `generator.*`, shared with
    /// `parameters`. Updates of variables are seen; other tensors must not
    /// change once it has hallucinated.
    ///
    /// # Errors
    /// [`Error::NoGenerator`] where the configuration has none; if a tensor is
    /// missing or of another shape.
    pub fn new(config: &ModelConfig, parameters: &Parameters) -> Result<Self> {
        let generator = config.generator.clone().ok_or(Error::NoGenerator)?;
        let dim = config.feature_dim();
        let form = match generator.kind {
            GeneratorKind::Reference | GeneratorKind::Residual => {
                Form::Network(Network::new(&generator, dim, parameters)?)
            }
            GeneratorKind::Covariance => {
                Form::Covariance(Covariance::new(generator.rank, dim, parameters)?)
            }
        };
        Ok(Self { config: generator, form, control: Control::Own })
    }

    /// Fresh parameters, drawn from `rng`.
    ///
    /// # Errors
    /// [`Error::NoGenerator`] where the configuration has none.
    pub fn init(config: &ModelConfig, rng: &mut Rng, device: &Device) -> Result<Parameters> {
        let generator = config.generator.as_ref().ok_or(Error::NoGenerator)?;
        let dim = config.feature_dim();
        match generator.kind {
            GeneratorKind::Reference | GeneratorKind::Residual => {
                network::init(generator, dim, rng, device)
            }
            GeneratorKind::Covariance => covariance::init(generator.rank, dim, device),
        }
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
            Seeds::Mean => Ok(mean_keepdim(support, 1)?.squeeze(1)?),
            Seeds::Drawn => {
                let drawn = (0..ways).map(|way| Ok(support.get(way)?.get(draw(shots))?));
                stack(&drawn.collect::<Result<Vec<_>>>()?)
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
        dropout: impl FnMut(Tensor) -> Result<Tensor>,
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
        let made = match &self.form {
            _ if self.control == Control::Jitter => add(&noise, &seeds.unsqueeze(1)?)?,
            Form::Network(network) => network.run(self.config.kind, seeds, &noise, dropout)?,
            Form::Covariance(covariance) => covariance.about(seeds, &noise)?,
        };
        if !self.config.unit_length {
            return Ok(made);
        }
        Ok(normalise(&made.reshape((ways * count, dim))?)?.reshape((ways, count, dim))?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::tests::tiny, rng::rng};

    fn generator(kind: GeneratorKind) -> Result<(Generator, Tensor, Tensor)> {
        let mut config = tiny(32, 3);
        if let Some(generator) = &mut config.generator {
            generator.kind = kind;
            generator.rank = 3;
        }
        let device = &Device::Cpu;
        let mut rng = rng(3, 0);
        let generator = Generator::new(&config, &Generator::init(&config, &mut rng, device)?)?;
        let seeds = normal(&mut rng, (2, config.feature_dim()), device)?;
        let noise = noise(&mut rng, 2, 3, config.feature_dim(), device)?;
        Ok((generator, seeds, noise))
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

    #[test]
    fn every_kind_gives_m_features_a_class_and_unit_length_where_asked_for() -> Result<()> {
        for kind in GeneratorKind::ALL {
            let (mut generator, seeds, noise) = generator(kind)?;
            assert_eq!(generator.hallucinate(&seeds, &noise)?.dims(), noise.dims(), "{kind:?}");
            assert!(generator.hallucinate(&seeds, &noise.narrow(0, 0, 1)?).is_err(), "{kind:?}");
            generator.config.unit_length = true;
            let squares = generator.hallucinate(&seeds, &noise)?.sqr()?.sum(2)?;
            for length in squares.flatten_all()?.to_vec1::<f32>()? {
                assert!((length - 1.0).abs() < 1e-5, "{kind:?}: {length}");
            }
        }
        Ok(())
    }
}
