//! The messages of `web/package/src/protocol.ts`, as Rust sees them.

use fewshot::{
    Checkpoint, Context, Distance, FeatureTransform, GeneratorKind, HeadKind, Settings,
    classifier::{self, MOST_HALLUCINATIONS, Prediction},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelInfo {
    image_size: usize,
    image_channels: usize,
    feature_dim: usize,
    parameter_count: usize,
    head: HeadKind,
    distance: Distance,
    temperature: f32,
    temperatures: Temperatures,
    generator: Option<GeneratorKind>,
    most_hallucinations: usize,
    transform: &'static str,
    rejection: Option<f32>,
    fingerprint: String,
    provenance: Map<String, Value>,
}

fn one() -> f32 {
    1.0
}

/// What scores of each head are divided by before the softmax.
#[derive(Serialize)]
struct Temperatures {
    prototype: f32,
    ridge: f32,
}

#[derive(Deserialize)]
pub struct ClassSpec {
    pub id: String,
    pub name: String,
    pub examples: Vec<String>,
}

#[derive(Deserialize)]
pub struct TaskSpec {
    pub classes: Vec<ClassSpec>,
    pub queries: Vec<String>,
    #[serde(default)]
    head: HeadKind,
    #[serde(default)]
    context: Context,
    distance: Distance,
    hallucinations: usize,
    temperature: f32,
    seed: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Classification {
    pub class_ids: Vec<String>,
    pub queries: Vec<QueryResult>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryResult {
    picture: String,
    probabilities: Vec<f32>,
    plain: Vec<f32>,
    nearest: Vec<Neighbour>,
    rejection_score: f32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Neighbour {
    class_id: String,
    picture: String,
    distance: f32,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ProjectionMethod {
    Pca,
    Tsne,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionPoint {
    pub kind: PointKind,
    pub class_id: Option<String>,
    pub picture: Option<String>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PointKind {
    Support,
    Hallucinated,
    Prototype,
    Query,
}

#[derive(Serialize)]
pub struct Occlusion {
    side: usize,
    drop: Vec<f32>,
}

#[derive(Deserialize)]
pub struct EvaluationSpec {
    pub classes: Vec<ClassSpec>,
    pub ways: usize,
    pub shots: usize,
    pub queries: usize,
    pub episodes: usize,
    #[serde(default)]
    pub head: HeadKind,
    #[serde(default)]
    pub context: Context,
    pub distance: Distance,
    pub hallucinations: usize,
    #[serde(default = "one")]
    pub temperature: f32,
    pub seed: u64,
}

#[derive(Serialize)]
pub struct Evaluation {
    pub accuracy: f64,
    pub ci95: f64,
    pub episodes: usize,
    pub confusion: Vec<u64>,
    pub answers: Vec<GivenAnswer>,
}

#[derive(Clone, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct GivenAnswer {
    pub truth: usize,
    pub predicted: usize,
    pub picture: String,
}

impl ModelInfo {
    pub fn of(checkpoint: &Checkpoint, fingerprint: String) -> Self {
        let config = &checkpoint.config;
        Self {
            image_size: config.image.size,
            image_channels: config.image.channels,
            feature_dim: config.feature_dim(),
            parameter_count: checkpoint.parameters.element_count(),
            head: config.head,
            distance: config.distance,
            temperature: config.temperature_of(config.head),
            temperatures: Temperatures {
                prototype: config.temperature_of(HeadKind::Prototype),
                ridge: config.temperature_of(HeadKind::Ridge),
            },
            generator: config.generator.as_ref().map(|generator| generator.kind),
            most_hallucinations: MOST_HALLUCINATIONS,
            transform: match config.transform {
                FeatureTransform::None => "none",
                FeatureTransform::L2 => "l2",
                FeatureTransform::CenterL2 => "center_l2",
                FeatureTransform::Power { .. } => "power",
                FeatureTransform::Whiten { .. } => "whiten",
            },
            rejection: config.rejection.as_ref().map(|rejection| rejection.threshold),
            fingerprint,
            provenance: checkpoint.provenance.clone(),
        }
    }
}

impl TaskSpec {
    pub fn settings(&self) -> Settings {
        Settings {
            head: self.head,
            context: self.context,
            distance: self.distance,
            hallucinations: self.hallucinations,
            temperature: self.temperature,
            seed: self.seed,
        }
    }
}

impl QueryResult {
    pub fn new(picture: &str, prediction: Prediction, class_ids: &[String]) -> Self {
        let neighbour = |neighbour: classifier::Neighbour| Neighbour {
            class_id: class_ids[neighbour.class].clone(),
            picture: neighbour.example,
            distance: neighbour.distance,
        };
        Self {
            picture: picture.into(),
            probabilities: prediction.probabilities,
            plain: prediction.plain,
            nearest: prediction.nearest.into_iter().map(neighbour).collect(),
            rejection_score: prediction.rejection_score,
        }
    }
}

impl From<classifier::Occlusion> for Occlusion {
    fn from(occlusion: classifier::Occlusion) -> Self {
        Self { side: occlusion.side, drop: occlusion.drop }
    }
}
