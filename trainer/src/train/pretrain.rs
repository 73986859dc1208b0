//! Classification of the base classes: the encoder with a cosine classifier on
//! top that is thrown away afterwards.

use std::sync::Arc;

use anyhow::{Context, Result};
use candle_core::{D, Device, Tensor};
use fewshot::config::ImageConfig;
use fewshot::rng::{rng, uniform};
use fewshot::{Backbone, Model, Parameters};
use rand::seq::SliceRandom;

use super::average::Average;
use super::learner::{Descent, Learner, Start, Step};
use super::losses::{accuracy, cross_entropy};
use super::parallel::Part;
use super::setup::Setup;
use super::streams::{Purpose, at_step};
use super::turns;
use crate::batch::{self, Ahead};
use crate::data::PixelCache;
use crate::recipe::Pretrain;

const WEIGHT: &str = "head.weight";
const SCALE: &str = "head.scale";

/// Pre-training under way.
#[derive(Debug)]
pub(super) struct Pretraining {
    stage: Pretrain,
    backbone: Backbone,
    image: ImageConfig,
    device: Device,
    live: Parameters,
    /// Class weights (C, D) and the scale.
    heads: Parameters,
    descent: Descent,
    average: Option<Average>,
    batches: Ahead<Batch>,
}

/// Varied pictures and their classes.
#[derive(Debug)]
struct Batch {
    pixels: Vec<f32>,
    labels: Vec<u32>,
    /// Turns of the copies that stand behind, where that task is on.
    quarters: Vec<u32>,
}

/// Steps in an epoch: whole batches, the rest waits for another order.
pub(super) fn epoch_steps(stage: &Pretrain, setup: &Setup) -> usize {
    (setup.own.train.len() / stage.batch).max(1)
}

impl Pretraining {
    /// Starts, or goes on.
    pub fn new(stage: &Pretrain, start: Start<'_>) -> Result<Self> {
        let Start { setup, index, config, live, from, kept, share } = start;
        let backbone = Model::new(config.clone(), live)?.backbone;
        let heads = match kept {
            Some(kept) => heads_of(kept, &setup.device)?,
            None => fresh_heads(stage, setup, index, config.backbone.last_dim(config.image.size))?,
        };
        let heads = heads.to_variables()?;
        let mut vars = live.trainable()?;
        vars.retain(|(name, _)| name.starts_with("encoder."));
        let learned = heads.trainable()?;
        vars.extend(learned.into_iter().filter(|(name, _)| name != SCALE || stage.learn_scale));
        let steps = stage.epochs * epoch_steps(stage, setup);
        let descent = Descent::new(&stage.optimizer, &stage.schedule, steps, vars, start)?;
        // The first replica's is the one that is kept.
        let averages = stage.average > 0.0 && share.part.rank == 0;
        let average = averages.then(|| Average::new(stage.average, live, kept)).transpose()?;
        let maker = Maker {
            stage: stage.clone(),
            image: config.image.clone(),
            cache: Arc::clone(&setup.own.train),
            epoch_steps: epoch_steps(stage, setup),
            order_seed: setup.seed(index, Purpose::Order),
            augment_seed: setup.seed(index, Purpose::Augment),
            on_gpu: !setup.device.is_cpu(),
            part: share.part,
        };
        Ok(Self {
            stage: stage.clone(),
            backbone,
            image: config.image.clone(),
            device: setup.device.clone(),
            live: live.clone(),
            heads,
            descent,
            average,
            batches: Ahead::start(from..steps, move |step| Ok(maker.batch(step)))?,
        })
    }
}

impl Learner for Pretraining {
    fn step(&mut self, step: usize) -> Result<Step> {
        let batch = self.batches.take()?;
        let ImageConfig { channels, size, .. } = self.image;
        let (count, turned) = (batch.labels.len(), batch.quarters.len());
        let shape = (count + turned, channels, size, size);
        let images = Tensor::from_vec(batch.pixels, shape, &self.device)?;
        let labels = Tensor::new(batch.labels.as_slice(), &self.device)?;
        let features = self.backbone.forward_train(&images)?;
        let weight = self.heads.find(WEIGHT).context("the classifier is gone")?;
        let scale = self.heads.find(SCALE).context("the scale is gone")?;
        let upright = features.narrow(0, 0, count)?;
        let cosines = unit(&upright)?.matmul(&unit(weight)?.t()?)?;
        let scores = cosines.broadcast_mul(scale)?;
        let mut loss = cross_entropy(&scores, &labels, self.stage.label_smoothing)?;
        if turned > 0 {
            let second = turns::loss(&self.heads, &features, &batch.quarters)?;
            loss = (loss + (second * f64::from(self.stage.rotation))?)?;
        }
        let accuracy = accuracy(&scores, &batch.labels)?;
        let (loss, rate) = self.descent.step(&loss, step)?;
        if let Some(average) = &mut self.average {
            average.follow(&self.live, step)?;
        }
        Ok(Step { loss, accuracy, rate })
    }

    fn result(&self, live: &Parameters) -> Result<Parameters> {
        let mut result = live.clone();
        if let Some(average) = &self.average {
            result.extend(average.tensors().clone());
        }
        Ok(result)
    }

    fn state(&self) -> Parameters {
        let mut state = self.descent.state();
        state.extend(self.heads.clone());
        if let Some(average) = &self.average {
            state.extend(average.tensors().clone());
        }
        state
    }
}

fn fresh_heads(stage: &Pretrain, setup: &Setup, index: usize, dim: usize) -> Result<Parameters> {
    let mut draws = rng(setup.seed(index, Purpose::Head), 0);
    let mut heads = Parameters::default();
    let classes = setup.own.train.class_count();
    let bound = 1.0 / (dim as f32).sqrt();
    heads.insert(WEIGHT, uniform(&mut draws, bound, (classes, dim), &setup.device)?);
    heads.insert(SCALE, Tensor::new(&[stage.scale], &setup.device)?);
    if stage.rotation > 0.0 {
        let seed = setup.seed(index, Purpose::Head);
        heads.extend(turns::fresh_head(seed, dim, &setup.device)?);
    }
    Ok(heads)
}

fn heads_of(kept: &Parameters, device: &Device) -> Result<Parameters> {
    let of_head = kept.iter().filter(|(name, _)| name.starts_with("head."));
    let heads: Parameters =
        of_head.map(|(name, tensor)| (name.to_owned(), tensor.clone())).collect();
    Ok(heads.to_device(device)?)
}

/// Each row divided by its length.
fn unit(rows: &Tensor) -> Result<Tensor> {
    let norms = (rows.sqr()?.sum_keepdim(D::Minus1)? + 1e-12)?.sqrt()?;
    Ok(rows.broadcast_div(&norms)?)
}

/// Makes batches on the thread beside training.
struct Maker {
    stage: Pretrain,
    image: ImageConfig,
    cache: Arc<PixelCache>,
    epoch_steps: usize,
    order_seed: u64,
    augment_seed: u64,
    on_gpu: bool,
    part: Part,
}

impl Maker {
    fn batch(&self, step: usize) -> Batch {
        let (epoch, within) = (step / self.epoch_steps, step % self.epoch_steps);
        // Drawn anew each step: tens of thousands of swaps cost less than a picture.
        let mut order: Vec<usize> = (0..self.cache.len()).collect();
        order.shuffle(&mut rng(self.order_seed, epoch as u64));
        let images: Vec<usize> =
            order.into_iter().skip(within * self.stage.batch).take(self.stage.batch).collect();
        let images = self.part.of(images);
        let labels = images.iter().map(|&image| self.cache.class_of(image) as u32).collect();
        let seed = at_step(self.augment_seed, self.part.number(step));
        let Self { image, cache, stage, on_gpu, .. } = self;
        let mut pixels =
            batch::assemble_varied(image, cache, &images, &stage.augment, seed, *on_gpu);
        let mut quarters = Vec::new();
        if self.stage.rotation > 0.0 {
            let count = (images.len() as f32 * self.stage.rotation_share).ceil() as usize;
            let ImageConfig { channels, size, .. } = self.image;
            quarters = turns::append(&mut pixels, count, channels, size, seed);
        }
        Batch { pixels, labels, quarters }
    }
}
