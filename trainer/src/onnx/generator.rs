//! The generator as a graph of its own: seed features and noise to hallucinated features.

use anyhow::{Context, Result};
use candle_core::Tensor;
use fewshot::generator::{BASIS, DEVIATIONS, REST};
use fewshot::{Checkpoint, Error, GeneratorConfig, GeneratorKind};

use super::feature::{along, unit_length};
use super::graph::{Graph, Side, Value};

/// Adds both inputs and all that makes features of them, (N, M, D).
///
/// # Errors
/// Where the model has no generator, or a parameter is missing.
pub(super) fn hallucinated(graph: &mut Graph, checkpoint: &Checkpoint) -> Result<Value> {
    let config = checkpoint.config.generator.as_ref().ok_or(Error::NoGenerator)?;
    let [classes, count, dim] = shape(checkpoint);
    let seeds = graph.input(
        "seeds",
        &[classes, dim],
        "the real feature of each class that hallucinations start from: of one picture, or the \
         mean of several",
    );
    let noise = graph.input("noise", &[classes, count, dim], "standard normal");
    let noise = graph.scaled(noise, config.noise_scale);
    let made = match config.kind {
        GeneratorKind::Reference | GeneratorKind::Residual => {
            network(graph, checkpoint, config, &seeds, &noise)?
        }
        GeneratorKind::Covariance => covariance(graph, checkpoint, config, &seeds, &noise)?,
    };
    Ok(if config.unit_length { unit_length(graph, &made) } else { made })
}

/// Of noise and of hallucinated features: classes, hallucinations of each, D.
pub(super) fn shape(checkpoint: &Checkpoint) -> [Side; 3] {
    let dim = checkpoint.config.feature_dim();
    [Side::Named("classes"), Side::Named("hallucinations"), Side::Known(dim)]
}

/// Three layers on (seed, noise), the first as the sum of its halves: see
/// `fewshot::generator`.
fn network(
    graph: &mut Graph,
    checkpoint: &Checkpoint,
    config: &GeneratorConfig,
    seeds: &Value,
    noise: &Value,
) -> Result<Value> {
    let dim = checkpoint.config.feature_dim();
    let first = weight(checkpoint, 1)?;
    let from_noise = product(graph, noise, &first.narrow(1, dim, dim)?)?;
    let from_seeds = product(graph, seeds, &first.narrow(1, 0, dim)?)?;
    let from_seeds = plus_bias(graph, checkpoint, 1, &from_seeds)?;
    let from_seeds = for_each(graph, &from_seeds);
    let hidden = graph.apply("Add", &[&from_noise, &from_seeds]);
    let mut hidden = graph.apply("Relu", &[&hidden]);
    hidden = layer(graph, checkpoint, 2, &hidden)?;
    hidden = graph.apply("Relu", &[&hidden]);
    hidden = layer(graph, checkpoint, 3, &hidden)?;
    if config.kind == GeneratorKind::Reference {
        return Ok(graph.apply("Relu", &[&hidden]));
    }
    let seeds = for_each(graph, seeds);
    Ok(graph.apply("Add", &[&hidden, &seeds]))
}

/// Noise with the covariance within a class, about the seed.
fn covariance(
    graph: &mut Graph,
    checkpoint: &Checkpoint,
    config: &GeneratorConfig,
    seeds: &Value,
    noise: &Value,
) -> Result<Value> {
    let parameters = &checkpoint.parameters;
    let rest = parameters.get(REST, 1)?.to_vec1::<f32>()?[0];
    let mut drawn = graph.scaled(noise.clone(), rest);
    if config.rank > 0 {
        let dim = checkpoint.config.feature_dim();
        let basis = graph.tensor("directions", &parameters.get(BASIS, (config.rank, dim))?)?;
        let deviations = parameters.get(DEVIATIONS, config.rank)?;
        let excess = graph.tensor("excess", &(deviations - f64::from(rest))?)?;
        let added = along(graph, noise, &basis, &excess);
        drawn = graph.apply("Add", &[&drawn, &added]);
    }
    let seeds = for_each(graph, seeds);
    Ok(graph.apply("Add", &[&drawn, &seeds]))
}

/// (N, …) to (N, 1, …), for every hallucination of a class.
fn for_each(graph: &mut Graph, of_class: &Value) -> Value {
    let axis = graph.integers("hallucinations", &[1]);
    graph.apply("Unsqueeze", &[of_class, &axis])
}

/// x · weightᵀ + bias.
fn layer(graph: &mut Graph, checkpoint: &Checkpoint, number: usize, x: &Value) -> Result<Value> {
    let products = product(graph, x, &weight(checkpoint, number)?)?;
    plus_bias(graph, checkpoint, number, &products)
}

/// x · weightᵀ.
fn product(graph: &mut Graph, x: &Value, weight: &Tensor) -> Result<Value> {
    let columns = graph.tensor("weight", &weight.t()?.contiguous()?)?;
    Ok(graph.apply("MatMul", &[x, &columns]))
}

fn plus_bias(graph: &mut Graph, checkpoint: &Checkpoint, layer: usize, x: &Value) -> Result<Value> {
    let bias = graph.tensor("bias", &found(checkpoint, layer, "bias")?)?;
    Ok(graph.apply("Add", &[x, &bias]))
}

fn weight(checkpoint: &Checkpoint, layer: usize) -> Result<Tensor> {
    found(checkpoint, layer, "weight")
}

fn found(checkpoint: &Checkpoint, layer: usize, part: &str) -> Result<Tensor> {
    let name = format!("generator.linear{layer}.{part}");
    let tensor = checkpoint.parameters.find(&name);
    tensor.cloned().with_context(|| format!("the model has no tensor '{name}'"))
}
