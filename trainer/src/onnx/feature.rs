//! Pictures to comparable features: pixels, views, backbone, transform.

use anyhow::Result;
use fewshot::transform::{BASIS, GAINS, MEAN};
use fewshot::{Backbone, Checkpoint, FeatureTransform, ImageConfig, View};

use super::backbone::backbone;
use super::graph::{Attribute, Graph, Side, Value};

/// Below this a length counts as zero.
const SMALLEST_NORM: f32 = 1e-8;

/// Adds the input and all that makes features of it, (B, D).
///
/// # Errors
/// If a parameter is missing.
pub(super) fn features(graph: &mut Graph, checkpoint: &Checkpoint) -> Result<Value> {
    let config = &checkpoint.config;
    let ImageConfig { size, channels, .. } = config.image;
    let shape = [Side::Named("batch"), Side::Known(channels), Side::Known(size), Side::Known(size)];
    let pictures = graph.input("pictures", &shape, &pictures_are(&config.image));
    let mut pictures = normalised(graph, &config.image, &pictures);
    let views = config.image.views();
    if views.len() > 1 {
        // One pass over all pictures, the first view, and after them all of each other view.
        let others = views.iter().skip(1).map(|&view| seen(graph, &pictures, view, size));
        let seen: Vec<Value> = std::iter::once(pictures.clone()).chain(others).collect();
        let axis = [("axis", Attribute::Int(0))];
        pictures = graph.apply_with("Concat", &seen.iter().collect::<Vec<_>>(), &axis);
    }
    let steps = Backbone::new(config, &checkpoint.parameters)?.steps()?;
    let mut features = backbone(graph, &config.backbone, &steps, pictures, size);
    if views.len() > 1 {
        let shape = [views.len() as i64, -1, config.feature_dim() as i64];
        let shape = graph.integers("by_view", &shape);
        let by_view = graph.apply("Reshape", &[&features, &shape]);
        let over = [("axes", Attribute::Ints(&[0])), ("keepdims", Attribute::Int(0))];
        features = graph.apply_with("ReduceMean", &[&by_view], &over);
    }
    transformed(graph, checkpoint, features)
}

/// What the input is, in words.
fn pictures_are(image: &ImageConfig) -> String {
    let order = if image.channels == 1 { "luma" } else { "red, green, blue" };
    format!(
        "{order} from 0 to 255 as they are in the picture, resized to {size} x {size}; the \
         graph normalises",
        size = image.size
    )
}

/// (v / 255 − mean) / std, of 255 − v where ink is inverted: one factor and one term a channel.
fn normalised(graph: &mut Graph, image: &ImageConfig, pictures: &Value) -> Value {
    let statistics = || image.mean.iter().zip(&image.std).map(|(m, s)| (f64::from(*m), *s));
    let (sign, offset) = if image.invert { (-1.0, 1.0) } else { (1.0, 0.0) };
    let factors: Vec<f32> =
        statistics().map(|(_, std)| (sign / 255.0 / f64::from(std)) as f32).collect();
    let terms: Vec<f32> =
        statistics().map(|(mean, std)| ((offset - mean) / f64::from(std)) as f32).collect();
    let shape = [1, image.channels, 1, 1];
    let factors = graph.floats("pixel_factor", &shape, &factors);
    let terms = graph.floats("pixel_term", &shape, &terms);
    let scaled = graph.apply("Mul", &[pictures, &factors]);
    graph.apply("Add", &[&scaled, &terms])
}

/// What a view shows of pictures, (B, C, S, S) to the same.
fn seen(graph: &mut Graph, pictures: &Value, view: View, size: usize) -> Value {
    let mut taken = |pictures: &Value, role, places: &[usize], axis| {
        let places: Vec<i64> = places.iter().map(|place| *place as i64).collect();
        let places = graph.integers(role, &places);
        graph.apply_with("Gather", &[pictures, &places], &[("axis", Attribute::Int(axis))])
    };
    let rows = taken(pictures, "rows", &view.rows(size), 2);
    taken(&rows, "columns", &view.columns(size), 3)
}

/// The model's transform, (B, D) to (B, D).
fn transformed(graph: &mut Graph, checkpoint: &Checkpoint, features: Value) -> Result<Value> {
    let kind = checkpoint.config.transform;
    let dim = checkpoint.config.feature_dim();
    let parameter = |name: &str, shape: &[usize]| checkpoint.parameters.get(name, shape);
    let mut features = match kind {
        FeatureTransform::Power { exponent } | FeatureTransform::Whiten { exponent, .. } => {
            power(graph, features, exponent)
        }
        FeatureTransform::None | FeatureTransform::L2 | FeatureTransform::CenterL2 => features,
    };
    if kind.is_centred() {
        let mean = graph.tensor("mean", &parameter(MEAN, &[dim])?)?;
        features = graph.apply("Sub", &[&features, &mean]);
    }
    if let Some(rank) = kind.whitened() {
        let basis = graph.tensor("directions", &parameter(BASIS, &[rank, dim])?)?;
        let gains = graph.tensor("gains", &parameter(GAINS, &[rank])?)?;
        let added = along(graph, &features, &basis, &gains);
        features = graph.apply("Add", &[&features, &added]);
    }
    Ok(if kind == FeatureTransform::None { features } else { unit_length(graph, &features) })
}

/// |x| to a power, with the sign of x.
fn power(graph: &mut Graph, value: Value, exponent: f32) -> Value {
    if exponent == 1.0 {
        return value;
    }
    let exponent = graph.number("exponent", exponent);
    let size = graph.apply("Abs", &[&value]);
    let size = graph.apply("Pow", &[&size, &exponent]);
    let sign = graph.apply("Sign", &[&value]);
    graph.apply("Mul", &[&size, &sign])
}

/// What x has along each of the directions (R, D), times the gains (R), as a sum of the
/// directions; x (…, D) to (…, D).
pub(super) fn along(graph: &mut Graph, x: &Value, directions: &Value, gains: &Value) -> Value {
    let columns = graph.apply("Transpose", &[directions]);
    let coordinates = graph.apply("MatMul", &[x, &columns]);
    let scaled = graph.apply("Mul", &[&coordinates, gains]);
    graph.apply("MatMul", &[&scaled, directions])
}

/// Divided by the length along the last axis.
pub(super) fn unit_length(graph: &mut Graph, value: &Value) -> Value {
    let over = [("axes", Attribute::Ints(&[-1])), ("keepdims", Attribute::Int(1))];
    let length = graph.apply_with("ReduceL2", &[value], &over);
    let least = graph.number("smallest_length", SMALLEST_NORM);
    let length = graph.apply("Max", &[&length, &least]);
    graph.apply("Div", &[value, &length])
}
