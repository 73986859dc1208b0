//! The head that was fitted to somebody's classes: features to probabilities, and how strange
//! a picture is to all of them.

use anyhow::Result;
use candle_core::Tensor;
use fewshot::{Distance, Layer, Support};

use super::feature::unit_length;
use super::graph::{Attribute, Graph, Value};

/// (B, D) to (B, N), the softmax of the scores over the temperature.
///
/// # Errors
/// If a tensor cannot be read.
pub(super) fn probabilities(
    graph: &mut Graph,
    features: &Value,
    layer: Layer<'_>,
    temperature: f32,
) -> Result<Value> {
    let scores = scores(graph, features, layer)?;
    let scaled = graph.scaled(scores, 1.0 / temperature);
    Ok(graph.apply_with("Softmax", &[&scaled], &[("axis", Attribute::Int(1))]))
}

/// How strange each picture is to all classes of `real` features, (B): the squared distance to
/// the nearest mean of K of them, times K / (K + 1), as `fewshot::rejection` has it.
///
/// # Errors
/// If a tensor cannot be read.
pub(super) fn novelty(graph: &mut Graph, features: &Value, real: &[Tensor]) -> Result<Value> {
    let distances = squared_distances(graph, features, &Support::new(real)?.means()?)?;
    let factor = |class: &Tensor| -> Result<f32> {
        let shots = class.dim(0)? as f32;
        Ok(shots / (shots + 1.0))
    };
    let factors = real.iter().map(factor).collect::<Result<Vec<f32>>>()?;
    let factors = graph.floats("shots", &[factors.len()], &factors);
    let strange = graph.apply("Mul", &[&distances, &factors]);
    let over = [("axes", Attribute::Ints(&[1])), ("keepdims", Attribute::Int(0))];
    Ok(graph.apply_with("ReduceMin", &[&strange], &over))
}

fn scores(graph: &mut Graph, features: &Value, layer: Layer<'_>) -> Result<Value> {
    match layer {
        Layer::Prototypes { means, distance: Distance::L2 } => {
            let distances = squared_distances(graph, features, means)?;
            Ok(graph.apply("Neg", &[&distances]))
        }
        Layer::Prototypes { means, distance: Distance::Dot } | Layer::Linear { classes: means } => {
            product(graph, features, means)
        }
        // Less the distance's 1, which the softmax does not see.
        Layer::Prototypes { means, distance: Distance::Cosine } => {
            let norms = means.sqr()?.sum_keepdim(1)?.sqrt()?.maximum(1e-8)?;
            let features = unit_length(graph, features);
            product(graph, &features, &means.broadcast_div(&norms)?)
        }
        Layer::Kernel { gamma, rows, coefficients } => {
            let distances = squared_distances(graph, features, rows)?;
            let exponents = graph.scaled(distances, -gamma as f32);
            let likeness = graph.apply("Exp", &[&exponents]);
            product(graph, &likeness, coefficients)
        }
    }
}

/// The inner product of each of (B, D) with each of `rows` (R, D), (B, R).
fn product(graph: &mut Graph, features: &Value, rows: &Tensor) -> Result<Value> {
    let columns = graph.tensor("columns", &rows.t()?.contiguous()?)?;
    Ok(graph.apply("MatMul", &[features, &columns]))
}

/// |x − y|² of each x of (B, D) with each y of `rows` (R, D), (B, R): as |x|² − 2 x·y + |y|²,
/// about the mean of the rows, since it cancels badly where norms are large.
fn squared_distances(graph: &mut Graph, features: &Value, rows: &Tensor) -> Result<Value> {
    let centre = rows.mean_keepdim(0)?;
    let rows = rows.broadcast_sub(&centre)?;
    let centre = graph.tensor("centre", &centre)?;
    let features = graph.apply("Sub", &[features, &centre]);
    let over = [("axes", Attribute::Ints(&[1])), ("keepdims", Attribute::Int(1))];
    let lengths = graph.apply_with("ReduceSumSquare", &[&features], &over);
    let row_lengths = graph.tensor("row_lengths", &rows.sqr()?.sum(1)?)?;
    let sums = graph.apply("Add", &[&lengths, &row_lengths]);
    let inner = product(graph, &features, &(rows * -2.0)?)?;
    Ok(graph.apply("Add", &[&sums, &inner]))
}
