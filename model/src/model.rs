//! Backbone, feature transform and generator together.

use candle_core::{Device, Tensor};

use crate::{
    Backbone, Checkpoint, FrozenBackbone, Generator, ModelConfig, Parameters, Result, Transform,
    kernels::arithmetic::{add, affine, seen},
    rng::rng,
    view::View,
};

/// Streams of the seed, so that adding a generator leaves the backbone's start as it was.
const BACKBONE_STREAM: u64 = 0;
const GENERATOR_STREAM: u64 = 1;

/// A model over a set of parameters, which it shares.
#[derive(Clone, Debug)]
pub struct Model {
    /// What the model is.
    pub config: ModelConfig,
    /// Pictures to features.
    pub backbone: Backbone,
    /// What is done to features before they are compared.
    pub transform: Transform,
    /// Features to hallucinated features, where the model has a generator.
    pub generator: Option<Generator>,
}

impl Model {
    /// Fresh parameters for `config`, a function of `seed`.
    ///
    /// # Errors
    /// If the configuration is not usable.
    pub fn init(config: &ModelConfig, seed: u64, device: &Device) -> Result<Parameters> {
        config.check()?;
        let mut parameters = Backbone::init(config, &mut rng(seed, BACKBONE_STREAM), device)?;
        if config.generator.is_some() {
            parameters.extend(Generator::init(config, &mut rng(seed, GENERATOR_STREAM), device)?);
        }
        parameters.extend(Transform::init(config, device)?);
        Ok(parameters)
    }

    /// The networks over `parameters`, shared: updates of variables are seen.
    ///
    /// # Errors
    /// If a tensor is missing or of another shape than `config` asks for.
    pub fn new(config: ModelConfig, parameters: &Parameters) -> Result<Self> {
        config.check()?;
        let backbone = Backbone::new(&config, parameters)?;
        let transform = Transform::new(&config, parameters)?;
        let has_generator = config.generator.is_some();
        let generator = has_generator.then(|| Generator::new(&config, parameters)).transpose()?;
        Ok(Self { config, backbone, transform, generator })
    }

    /// The stored model on `device`.
    pub fn from_checkpoint(checkpoint: &Checkpoint, device: &Device) -> Result<Self> {
        Self::new(checkpoint.config.clone(), &checkpoint.parameters.to_device(device)?)
    }

    /// Features ready to compare, with BatchNorm in inference mode. Each call
    /// folds the backbone anew; for many calls see [`Self::embedder`].
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, D), f32, transform applied
    ///
    /// # Errors
    /// If the images do not fit the model.
    pub fn embed(&self, images: &Tensor) -> Result<Tensor> {
        self.embedder()?.embed(images)
    }

    /// Backbone and transform at their present parameters, for many calls.
    pub fn embedder(&self) -> Result<Embedder> {
        self.clone().into_embedder()
    }

    /// As [`Self::embedder`], with less memory: see [`Backbone::into_frozen`].
    pub fn into_embedder(self) -> Result<Embedder> {
        Ok(Embedder {
            backbone: self.backbone.into_frozen()?,
            views: self.config.image.views(),
            transform: self.transform,
        })
    }
}

/// Pictures to comparable features, with parameters that no longer change.
#[derive(Clone, Debug)]
pub struct Embedder {
    backbone: FrozenBackbone,
    views: Vec<View>,
    transform: Transform,
}

impl Embedder {
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, D), f32, transform applied
    ///
    /// # Errors
    /// If the images do not fit the model.
    pub fn embed(&self, images: &Tensor) -> Result<Tensor> {
        self.transform.apply(&self.features(images)?)
    }

    /// What the transform is applied to: the mean of the backbone's features of all the views
    /// that the model takes ([`ImageConfig::views`](crate::ImageConfig::views)).
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, D), f32
    ///
    /// # Errors
    /// If the images do not fit the model.
    pub fn features(&self, images: &Tensor) -> Result<Tensor> {
        let mut sum = self.backbone.forward(images)?;
        // The first shows the pictures as they are.
        for view in self.views.iter().skip(1) {
            sum = add(&sum, &self.backbone.forward(&seen(images, *view)?)?)?;
        }
        affine(&sum, 1.0 / self.views.len() as f64, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::tiny;

    #[test]
    fn a_step_moves_the_running_statistics_and_the_gradients_reach_every_parameter() -> Result<()> {
        let config = tiny(32, 3);
        let device = &Device::Cpu;
        let parameters = Model::init(&config, 1, device)?.to_variables()?;
        let model = Model::new(config, &parameters)?;
        let images = crate::rng::normal(&mut rng(2, 0), (4, 3, 32, 32), device)?;
        let before = model.embed(&images)?;
        let features = model.backbone.forward_train(&images)?;
        let after = model.embed(&images)?;
        assert_ne!(before.to_vec2::<f32>()?, after.to_vec2::<f32>()?);

        let generator = model.generator.as_ref().unwrap();
        let noise = crate::rng::normal(&mut rng(2, 1), (4, 2, 32), device)?;
        let loss = generator.hallucinate(&features, &noise)?.sqr()?.sum_all()?;
        let gradients = loss.backward()?;
        for (name, var) in parameters.trainable()? {
            assert!(gradients.get(&var).is_some(), "no gradient for {name}");
        }
        assert_eq!(parameters.trainable()?.len(), 4 * 4 + 6);
        Ok(())
    }

    #[test]
    fn features_are_the_mean_over_the_views() -> Result<()> {
        let mut config = tiny(32, 3);
        let device = &Device::Cpu;
        let parameters = Model::init(&config, 1, device)?;
        let images = crate::rng::normal(&mut rng(2, 0), (3, 3, 32, 32), device)?;
        let mirrored = images.flip(&[3])?;
        let values = |config: &ModelConfig, images: &Tensor| -> Result<Vec<f32>> {
            let features = Model::new(config.clone(), &parameters)?.embed(images)?;
            Ok(features.flatten_all()?.to_vec1()?)
        };
        let (one, other) = (values(&config, &images)?, values(&config, &mirrored)?);
        assert_ne!(one, other);
        config.image.mirror = true;
        let both = values(&config, &images)?;
        assert_eq!(both, values(&config, &mirrored)?);
        for ((both, one), other) in both.into_iter().zip(one).zip(other) {
            assert!((both - (one + other) / 2.0).abs() < 1e-6);
        }

        config.image.shift = 3;
        let all = values(&config, &images)?;
        config.image.mirror = false;
        let upright = values(&config, &images)?;
        let upright_of_mirrored = values(&config, &mirrored)?;
        config.image.shift = 0;
        // Moved by hand: cut off on one side, the border repeated on the other.
        let border = |axis, place| images.narrow(axis, place, 1);
        let mut mean = values(&config, &images)?;
        for axis in [2, 3] {
            let [first, last] = [border(axis, 0)?, border(axis, 31)?];
            let [head, tail] = [images.narrow(axis, 0, 29)?, images.narrow(axis, 3, 29)?];
            for moved in [[&first, &first, &first, &head], [&tail, &last, &last, &last]] {
                let moved = values(&config, &Tensor::cat(&moved, axis)?)?;
                mean.iter_mut().zip(moved).for_each(|(sum, value)| *sum += value);
            }
        }
        for (((all, upright), mean), other) in
            all.into_iter().zip(upright).zip(mean).zip(upright_of_mirrored)
        {
            assert!((upright - mean / 5.0).abs() < 1e-6);
            assert!((all - (upright + other) / 2.0).abs() < 1e-6);
        }
        Ok(())
    }
}
