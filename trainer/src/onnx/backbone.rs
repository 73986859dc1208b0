//! The backbone: its steps as convolutions, activations and pooling.

use fewshot::BackboneConfig;
use fewshot::backbone::{Activation, Convolution, Moments, Step};

use super::graph::{Attribute, Graph, Value};

/// A map, (B, channels, side, side).
#[derive(Clone, Debug)]
struct Map {
    value: Value,
    side: usize,
}

/// (B, C, S, S), normalised, to (B, D).
pub(super) fn backbone(
    graph: &mut Graph,
    config: &BackboneConfig,
    steps: &[Step],
    pictures: Value,
    side: usize,
) -> Value {
    let mut map = Map { value: pictures, side };
    let mut kept = None;
    // The map that the last convolution took: of Conv-4 the last but one block's output.
    let mut before = map.clone();
    let mut pooled = Vec::new();
    for step in steps {
        match step {
            Step::Convolve { convolution, add_kept } => {
                before = map.clone();
                let added = kept.as_ref().filter(|_| *add_kept);
                map = dense(graph, &map, convolution, added);
            }
            Step::InvertedResidual { expand, depthwise, project, residual } => {
                let input = map.clone();
                if let Some(expand) = expand {
                    map = dense(graph, &map, expand, None);
                }
                map = convolve(graph, &map, depthwise, depthwise.output());
                map.value = activate(graph, map.value, depthwise.activation);
                map = dense(graph, &map, project, residual.then_some(&input));
            }
            Step::Keep { shortcut: None } => kept = Some(map.clone()),
            Step::Keep { shortcut: Some(shortcut) } => {
                kept = Some(dense(graph, &map, shortcut, None));
            }
            Step::MaxPool => {
                let value = windows(graph, "MaxPool", &map.value);
                map = Map { value, side: map.side / 2 };
            }
            Step::Pool(moments) => pooled.push(pool(graph, &map.value, *moments)),
        }
    }
    // Those of the last step come first.
    if let Some(last) = pooled.pop() {
        pooled.insert(0, last);
    }
    let pooled: Vec<&Value> = pooled.iter().flatten().collect();
    match pooled[..] {
        [] => {
            let last = graph.apply("Flatten", &[&map.value]);
            match config {
                BackboneConfig::Conv4(conv4) if conv4.penultimate > 0.0 => {
                    let joined = windows(graph, "AveragePool", &before.value);
                    let joined = graph.apply("Flatten", &[&joined]);
                    let joined = graph.scaled(joined, conv4.penultimate);
                    graph.apply_with("Concat", &[&last, &joined], &[("axis", Attribute::Int(1))])
                }
                _ => last,
            }
        }
        [only] => only.clone(),
        _ => graph.apply_with("Concat", &pooled, &[("axis", Attribute::Int(1))]),
    }
}

/// Each window of 2 x 2 pooled by `operation`.
fn windows(graph: &mut Graph, operation: &str, map: &Value) -> Value {
    let sides = [2, 2];
    let window = [("kernel_shape", Attribute::Ints(&sides)), ("strides", Attribute::Ints(&sides))];
    graph.apply_with(operation, &[map], &window)
}

/// Convolved, with `added` before the activation.
fn dense(graph: &mut Graph, map: &Map, convolution: &Convolution, added: Option<&Map>) -> Map {
    let mut convolved = convolve(graph, map, convolution, 1);
    if let Some(added) = added {
        convolved.value = graph.apply("Add", &[&convolved.value, &added.value]);
    }
    convolved.value = activate(graph, convolved.value, convolution.activation);
    convolved
}

fn convolve(graph: &mut Graph, map: &Map, convolution: &Convolution, groups: usize) -> Map {
    let Convolution { weight, bias, input, kernel, stride, .. } = convolution;
    let shape = [bias.len(), input / groups, *kernel, *kernel];
    let weight = graph.floats("filters", &shape, weight);
    let bias = graph.floats("bias", &[bias.len()], bias);
    let (side, [before, after]) = convolution.padding(map.side);
    let [before, after, stride, kernel] =
        [before, after, *stride, *kernel].map(|count| count as i64);
    let attributes = [
        ("group", Attribute::Int(groups as i64)),
        ("kernel_shape", Attribute::Ints(&[kernel, kernel])),
        ("pads", Attribute::Ints(&[before, before, after, after])),
        ("strides", Attribute::Ints(&[stride, stride])),
    ];
    let value = graph.apply_with("Conv", &[&map.value, &weight, &bias], &attributes);
    Map { value, side }
}

fn activate(graph: &mut Graph, value: Value, activation: Activation) -> Value {
    let Activation { slope, ceiling } = activation;
    let value = match slope {
        1.0 => value,
        // Together with a ceiling it is one operation.
        0.0 if ceiling.is_finite() => {
            let bounds = [graph.number("floor", 0.0), graph.number("ceiling", ceiling)];
            return graph.apply("Clip", &[&value, &bounds[0], &bounds[1]]);
        }
        0.0 => graph.apply("Relu", &[&value]),
        slope => graph.apply_with("LeakyRelu", &[&value], &[("alpha", Attribute::Float(slope))]),
    };
    if ceiling.is_finite() {
        let ceiling = graph.number("ceiling", ceiling);
        return graph.apply("Min", &[&value, &ceiling]);
    }
    value
}

/// Moments of each channel, (B, C) each.
fn pool(graph: &mut Graph, map: &Value, moments: Moments) -> Vec<Value> {
    let mean = graph.apply("GlobalAveragePool", &[map]);
    let mut joined = Vec::new();
    let mut join = |graph: &mut Graph, moment: &Value, weight: f32| {
        let flat = graph.apply("Flatten", &[moment]);
        joined.push(graph.scaled(flat, weight));
    };
    if moments.mean > 0.0 {
        join(graph, &mean, moments.mean);
    }
    if moments.deviation > 0.0 {
        let off = graph.apply("Sub", &[map, &mean]);
        let square = graph.apply("Mul", &[&off, &off]);
        let variance = graph.apply("GlobalAveragePool", &[&square]);
        let deviation = graph.apply("Sqrt", &[&variance]);
        join(graph, &deviation, moments.deviation);
    }
    joined
}
