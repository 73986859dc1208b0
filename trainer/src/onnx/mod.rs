//! A model as ONNX graphs, for whatever runs those: pictures to features, and to probabilities
//! for classes that were taught; and the generator, seeds and noise to features.
//!
//! Everything after resizing is in the graph (normalisation, views, transform), so that
//! there is one thing less to get wrong. Opset 17, float32.

mod backbone;
mod feature;
mod generator;
mod graph;
mod head;
pub mod proto;

use anyhow::{Result, ensure};
use candle_core::Tensor;
use fewshot::{Checkpoint, Classifier, Context, Settings};
use prost::Message;
use serde_json::json;

use graph::{Graph, Side};

/// Operator set whose definitions the graphs follow (ONNX 1.12, 2022).
const OPSET: i64 = 17;
/// Version of the file format that belongs to it.
const IR_VERSION: i64 = 8;

/// Pictures to features and, with a classifier, to probabilities: the bytes of an ONNX file.
///
/// # Shapes
/// - `pictures`: (batch, C, S, S), f32, from 0 to 255
/// - `features`: (batch, D), as [`fewshot::Embedder::embed`] gives them
/// - `probabilities`: (batch, N), of the classes that have pictures, in their order
/// - `novelty`: (batch), above the model's threshold a picture is of none of the classes
///
/// # Errors
/// If a parameter is missing, or the classifier looks at all queries together.
pub fn model(
    checkpoint: &Checkpoint,
    classifier: Option<&mut Classifier>,
    card: &str,
) -> Result<Vec<u8>> {
    let mut graph = Graph::default();
    let batch = Side::Named("batch");
    let features = feature::features(&mut graph, checkpoint)?;
    let dim = Side::Known(checkpoint.config.feature_dim());
    graph.output(&features, "features", &[batch, dim], "what pictures are compared by");
    let mut metadata = about(checkpoint)?;
    if let Some(classifier) = classifier {
        let Settings { context, temperature, .. } = classifier.settings();
        ensure!(
            context == Context::Inductive,
            "the classifier looks at all queries together ({context}), which no graph can: have \
             it answer each by itself and save it again"
        );
        let classes: Vec<_> = classifier.active().cloned().collect();
        let layer = classifier.fitted()?.layer();
        let shares = head::probabilities(&mut graph, &features, layer, temperature)?;
        let doc = "of each class, see fewshot.classes in the metadata";
        graph.output(&shares, "probabilities", &[batch, Side::Known(classes.len())], doc);
        let real = classes.iter().map(|class| Ok(class.features()?));
        let real = real.collect::<Result<Vec<Tensor>>>()?;
        let strange = head::novelty(&mut graph, &features, &real)?;
        let doc = "above fewshot.novelty_threshold a picture is of none of the classes";
        graph.output(&strange, "novelty", &[batch], doc);
        let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
        metadata.push(entry("fewshot.classes", json!(names)));
        metadata.push(entry("fewshot.settings", json!(classifier.settings())));
        if let Some(rejection) = &checkpoint.config.rejection {
            metadata.push(entry("fewshot.novelty_threshold", json!(rejection.threshold)));
        }
    }
    let doc = "Pictures to features by a model of Fewshot, normalisation included.";
    Ok(file(graph.finish("fewshot", doc.into()), card, metadata))
}

/// The generator: the bytes of an ONNX file.
///
/// # Shapes
/// - `seeds`: (classes, D), f32
/// - `noise`: (classes, hallucinations, D), f32, standard normal
/// - `hallucinated`: (classes, hallucinations, D)
///
/// # Errors
/// [`fewshot::Error::NoGenerator`] where the model has none; if a parameter is missing.
pub fn generator(checkpoint: &Checkpoint, card: &str) -> Result<Vec<u8>> {
    let mut graph = Graph::default();
    let made = generator::hallucinated(&mut graph, checkpoint)?;
    let doc = "features of further pictures of each class, as good as it can guess them";
    graph.output(&made, "hallucinated", &generator::shape(checkpoint), doc);
    let doc = "Seed features and noise to hallucinated features by a model of Fewshot.";
    Ok(file(graph.finish("fewshot-generator", doc.into()), card, about(checkpoint)?))
}

/// What is kept of the model beside its numbers.
fn about(checkpoint: &Checkpoint) -> Result<Vec<proto::Entry>> {
    Ok(vec![
        proto::Entry { key: "fewshot.model".into(), value: checkpoint.fingerprint()? },
        entry("fewshot.config", serde_json::to_value(&checkpoint.config)?),
        entry("fewshot.image", serde_json::to_value(&checkpoint.config.image)?),
        entry("fewshot.provenance", json!(checkpoint.provenance)),
    ])
}

fn entry(key: &str, value: serde_json::Value) -> proto::Entry {
    proto::Entry { key: key.into(), value: value.to_string() }
}

fn file(graph: proto::Graph, card: &str, metadata_props: Vec<proto::Entry>) -> Vec<u8> {
    let opset = proto::OperatorSet { domain: String::new(), version: OPSET };
    let model = proto::Model {
        ir_version: IR_VERSION,
        producer_name: "fewshot".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: card.into(),
        graph: Some(graph),
        opset_import: vec![opset],
        metadata_props,
    };
    model.encode_to_vec()
}
