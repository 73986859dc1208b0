//! A whole training episode: features of support and query pictures, prototypes,
//! loss, gradients and the optimizer's step.

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor, Var};
use fewshot::config::ImageConfig;
use fewshot::rng::rng;
use fewshot::{EpisodeShape, Model, ModelConfig, Support};

use super::{SEED, clock::Clock, pictures};
use crate::augment::Augment;
use crate::batch;
use crate::data::{self, PixelCache, Side, Split};
use crate::recipe;
use crate::train::episode::hallucinated_support;
use crate::train::losses::{cross_entropy, query_labels};
use crate::train::optimizer::Optimizer;

/// Pictures of each class that are drawn to be varied.
const DRAWN_PER_CLASS: usize = 4;
const LEARNING_RATE: f32 = 1e-3;

/// A model in training, and one episode that is trained on again and again.
pub(super) struct Episodes {
    model: Model,
    optimizer: Optimizer,
    steps: usize,
    shape: EpisodeShape,
    hallucinate: usize,
    images: Tensor,
    labels: Tensor,
}

/// Seconds of each part of an episode.
#[derive(Debug)]
pub(super) struct Stages {
    pub forward: f64,
    pub head: f64,
    pub backward: f64,
    pub optimizer: f64,
    /// Varying and normalising the pictures: beside the others in training.
    pub pictures: f64,
}

impl Stages {
    /// Those that follow one another, with their names.
    pub fn in_turn(&self) -> [(&'static str, f64); 4] {
        [
            ("encoder forward", self.forward),
            ("head and loss", self.head),
            ("encoder backward", self.backward),
            ("optimizer", self.optimizer),
        ]
    }
}

impl Episodes {
    pub fn new(
        config: &ModelConfig,
        shape: EpisodeShape,
        hallucinate: usize,
        device: Device,
    ) -> Result<Self> {
        let EpisodeShape { ways, shots, queries } = shape;
        ensure!(ways > 0 && shots > 0 && queries > 0, "an episode needs classes and pictures");
        let variables = Model::init(config, SEED, &device)?.to_variables()?;
        let model = Model::new(config.clone(), &variables)?;
        let adam = recipe::Optimizer::Adam { weight_decay: 0.0 };
        Ok(Self {
            images: pictures(config, ways * (shots + queries), &device)?,
            labels: Tensor::new(query_labels(ways, queries), &device)?,
            optimizer: Optimizer::new(&adam, variables.trainable()?, None)?,
            steps: 0,
            model,
            shape,
            hallucinate,
        })
    }

    /// Pictures of the episode.
    pub fn pictures(&self) -> usize {
        self.shape.ways * (self.shape.shots + self.shape.queries)
    }

    /// Trains once, as training does.
    pub fn step(&mut self) -> Result<()> {
        let features = self.model.backbone.forward_train(&self.images)?;
        let gradients = self.loss(&features)?.backward()?;
        self.optimizer.step(&gradients, LEARNING_RATE, self.steps)?;
        self.steps += 1;
        Ok(())
    }

    /// Trains some times, in parts.
    pub fn profile(&mut self, clock: &Clock) -> Result<Stages> {
        let [pictures] = self.vary_pictures(clock)?;
        let [forward, head, backward, optimizer] = clock.parts(|lap| {
            let features = self.model.backbone.forward_train(&self.images)?;
            lap()?;
            // Cut here, so that the two halves of the gradient are timed each for itself.
            let leaf = Var::from_tensor(&features.detach())?;
            let mut gradients = self.loss(&leaf)?.backward()?;
            let gradient = gradients.remove(&leaf).context("the loss depends on the features")?;
            lap()?;
            let encoder = (&features * gradient.detach())?.sum_all()?.backward()?;
            lap()?;
            for gradients in [&encoder, &gradients] {
                self.optimizer.step(gradients, LEARNING_RATE, self.steps)?;
            }
            self.steps += 1;
            lap()
        })?;
        Ok(Stages { forward, head, backward, optimizer, pictures })
    }

    /// Cross-entropy of the queries. (B, D) to a scalar.
    fn loss(&self, features: &Tensor) -> Result<Tensor> {
        let EpisodeShape { ways, shots, queries } = self.shape;
        let support = features.narrow(0, 0, ways * shots)?.reshape((ways, shots, ()))?;
        let query = features.narrow(0, ways * shots, ways * queries)?;
        let support = match &self.model.generator {
            Some(generator) => {
                let mut draws = rng(SEED, 2);
                let count = self.hallucinate;
                hallucinated_support(generator, &support, count, None, &mut draws)?.0
            }
            None => Support::of_episode(&support)?,
        };
        let scores = self.model.config.own_head().fit(&support)?.scores(&query)?;
        Ok(cross_entropy(&scores, &self.labels, 0.0)?)
    }

    /// Seconds to vary and normalise the pictures of an episode.
    fn vary_pictures(&self, clock: &Clock) -> Result<[f64; 1]> {
        // As the photograph recipes have it.
        let size = self.model.config.image.size;
        let config = ImageConfig { resize: size * 92 / 84, ..self.model.config.image.clone() };
        let augment = Augment {
            min_area: 0.35,
            flip: true,
            brightness: 0.4,
            contrast: 0.4,
            saturation: 0.4,
            ..Augment::default()
        };
        let mut drawn = data::open(None)?.split(Split::Train)?;
        drawn.classes.truncate(self.shape.ways);
        drawn.classes.iter_mut().for_each(|class| class.images.truncate(DRAWN_PER_CLASS));
        let cache = PixelCache::load(&drawn, &config, Side::Resized, &|_, _| {})?;
        let images: Vec<usize> = (0..cache.len()).cycle().take(self.pictures()).collect();
        clock.parts(|lap| {
            std::hint::black_box(batch::assemble_varied(
                &config, &cache, &images, &augment, SEED, false,
            ));
            lap()
        })
    }
}
