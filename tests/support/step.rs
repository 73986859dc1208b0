//! One 1-shot episode with hallucination in the learner's own parts: its loss and
//! a step of the trainer's optimizer, for golden values, GPUs and overfitting.
//! Whole stages of training are the trainer's.

use anyhow::{Context, Result};
use candle_core::Tensor;
use fewshot::{Model, Parameters, Support};
use fewshot_trainer::recipe;
use fewshot_trainer::train::optimizer::Optimizer;

/// Cross-entropy over the queries, BatchNorm in training mode, dropout off.
///
/// # Shapes
/// - images: (N + N Q, C, S, S): one support picture a class, then the queries class by class
/// - noise: (N, M, D)
///
/// # Errors
/// If the model has no generator, or the shapes do not fit.
pub fn episode_loss(model: &Model, images: &Tensor, noise: &Tensor) -> Result<Tensor> {
    let (ways, _count, _dim) = noise.dims3()?;
    let queries = images.dim(0)? / ways - 1;
    let features = model.backbone.forward_train(images)?;
    let support = features.narrow(0, 0, ways)?;
    let query = features.narrow(0, ways, ways * queries)?;
    let generator = model.generator.as_ref().context("the model has no generator")?;
    let made = generator.hallucinate(&support, noise)?;
    let support = Support::of_episode(&support.unsqueeze(1)?)?.with_hallucinated(&made, None)?;
    let scores = model.config.own_head().fit(&support)?.scores(&query)?;
    let targets: Vec<u32> =
        (0..ways as u32).flat_map(|way| std::iter::repeat_n(way, queries)).collect();
    let targets = Tensor::from_vec(targets, ways * queries, images.device())?;
    Ok(candle_nn::loss::cross_entropy(&scores, &targets)?)
}

/// One step of `optimizer`; returns the loss before it.
///
/// # Errors
/// If a gradient does not fit its variable.
pub fn descend(optimizer: &mut Optimizer, loss: &Tensor, rate: f32, step: usize) -> Result<f32> {
    optimizer.step(&loss.backward()?, rate, step)?;
    Ok(loss.to_scalar()?)
}

/// Gradient descent and nothing more.
///
/// # Errors
/// Never in practice.
pub fn plain(parameters: &Parameters) -> Result<Optimizer> {
    let kind = recipe::Optimizer::Sgd { momentum: 0.0, weight_decay: 0.0 };
    Optimizer::new(&kind, parameters.trainable()?, None)
}
