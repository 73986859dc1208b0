//! Episodes through the encoder (Snell et al. 2017), a generator learning with
//! it where the stage hallucinates (Wang et al. 2018).

use std::sync::Arc;

use anyhow::{Context, Result};
use candle_core::{Device, Tensor};
use fewshot::config::ImageConfig;
use fewshot::rng::rng;
use fewshot::{EpisodeSampler, EpisodeShape, Model, Parameters, Support};

use super::episode::{hallucinated_support, images_of};
use super::learner::{Descent, Learner, Start, Step};
use super::losses::{accuracy, cross_entropy, query_labels};
use super::parallel::Part;
use super::streams::{Purpose, at_step};
use crate::batch::{self, Ahead};
use crate::recipe::Episodic;

const TEMPERATURE: &str = "temperature.log";

/// Episodic training under way.
#[derive(Debug)]
pub(super) struct Episodes {
    stage: Episodic,
    model: Model,
    image: ImageConfig,
    device: Device,
    /// The logarithm of the temperature, where it is learned.
    heads: Parameters,
    descent: Descent,
    /// Pictures of an episode, support first.
    batches: Ahead<Vec<f32>>,
    choice_seed: u64,
    part: Part,
}

impl Episodes {
    /// Starts, or goes on. Each replica has episodes of its own.
    pub fn new(stage: &Episodic, start: Start<'_>) -> Result<Self> {
        let Start { setup, index, config, live, from, kept, share } = start;
        let part = share.part;
        let model = Model::new(config.clone(), live)?;
        let mut vars = live.trainable()?;
        if stage.hallucinate.largest() == 0 {
            vars.retain(|(name, _)| name.starts_with("encoder."));
        }
        let mut heads = Parameters::default();
        if stage.learn_temperature {
            let first = match kept {
                Some(kept) => kept.get(TEMPERATURE, 1)?.to_device(&setup.device)?,
                None => Tensor::new(&[config.temperature_of(config.head).ln()], &setup.device)?,
            };
            heads.insert(TEMPERATURE, first);
        }
        let heads = heads.to_variables()?;
        vars.extend(heads.trainable()?);
        let descent = Descent::new(&stage.optimizer, &stage.schedule, stage.episodes, vars, start)?;
        let Episodic { ways, shots, queries, .. } = *stage;
        let sampler = EpisodeSampler::new(
            setup.own.train.class_sizes(),
            EpisodeShape { ways, shots, queries },
            setup.seed(index, Purpose::Episode),
        )
        .context("the base classes do not suffice for these episodes; change the stage")?;
        let (image, cache) = (config.image.clone(), Arc::clone(&setup.own.train));
        let (augment, augment_seed) = (stage.augment.clone(), setup.seed(index, Purpose::Augment));
        let on_gpu = !setup.device.is_cpu();
        let batches = Ahead::start(from..stage.episodes, move |step| {
            let number = part.number(step);
            let images = images_of(&sampler.episode(number as u64), &cache);
            let seed = at_step(augment_seed, number);
            Ok(batch::assemble_varied(&image, &cache, &images, &augment, seed, on_gpu))
        })?;
        Ok(Self {
            stage: stage.clone(),
            model,
            image: config.image.clone(),
            device: setup.device.clone(),
            heads,
            descent,
            batches,
            choice_seed: setup.seed(index, Purpose::Choice),
            part,
        })
    }
}

impl Learner for Episodes {
    fn step(&mut self, step: usize) -> Result<Step> {
        let Episodic { ways, shots, queries, .. } = self.stage;
        let pixels = self.batches.take()?;
        let ImageConfig { channels, size, .. } = self.image;
        let shape = (ways * (shots + queries), channels, size, size);
        let images = Tensor::from_vec(pixels, shape, &self.device)?;
        let features = self.model.backbone.forward_train(&images)?;
        let features = self.model.transform.apply(&features)?;
        let support = features.narrow(0, 0, ways * shots)?.reshape((ways, shots, ()))?;
        let query = features.narrow(0, ways * shots, ways * queries)?;

        let mut draws = rng(self.choice_seed, self.part.number(step) as u64);
        let count = self.stage.hallucinate.draw(&mut draws);
        let support = match &self.model.generator {
            Some(generator) if count > 0 => {
                hallucinated_support(generator, &support, count, None, &mut draws)?.0
            }
            _ => Support::of_episode(&support)?,
        };
        let config = &self.model.config;
        let scores = config.own_head().fit(&support)?.scores(&query)?;
        let scores = match self.heads.find(TEMPERATURE) {
            Some(log) => scores.broadcast_mul(&log.neg()?.exp()?)?,
            None => (scores / f64::from(config.temperature_of(config.head)))?,
        };
        let labels = query_labels(ways, queries);
        let accuracy = accuracy(&scores, &labels)?;
        let labels = Tensor::new(labels, &self.device)?;
        let (loss, rate) = self.descent.step(&cross_entropy(&scores, &labels, 0.0)?, step)?;
        Ok(Step { loss, accuracy, rate })
    }

    fn temperature(&self) -> Result<Option<f32>> {
        let Some(log) = self.heads.find(TEMPERATURE) else { return Ok(None) };
        Ok(log.to_vec1::<f32>()?.first().map(|log| log.exp()))
    }

    fn state(&self) -> Parameters {
        let mut state = self.descent.state();
        state.extend(self.heads.clone());
        state
    }
}
