//! What crosses between TypeScript and the learner.
//!
//! `web/package/src/types.ts` is made of these by ts-rs, comments and all: `cargo xtask types`
//! writes it, and `tests/protocol.rs` holds it to this file. Enums of the learner, which knows
//! nothing of TypeScript, are named there by hand and their values taken from serde.

use fewshot::{
    Checkpoint, Context, Distance, FeatureTransform, GeneratorKind, HeadKind, Settings,
    classifier::{self, Prediction},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
#[cfg(test)]
use ts_rs::TS;

/// What a model file says about itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(TS))]
pub struct ModelInfo {
    image_size: usize,
    image_channels: usize,
    /// Of a picture, whose features are averaged.
    views: usize,
    feature_dim: usize,
    parameter_count: usize,
    /// The file's own choice, as is the distance.
    #[cfg_attr(test, ts(type = "Head"))]
    head: HeadKind,
    #[cfg_attr(test, ts(type = "Distance"))]
    distance: Distance,
    temperatures: Temperatures,
    /// Whether the file holds a generator, without which nothing is hallucinated.
    #[cfg_attr(test, ts(type = "Generator | null"))]
    generator: Option<GeneratorKind>,
    transform: &'static str,
    /// The calibrated score above which a query is "none of these".
    rejection: Option<f32>,
    /// Tells models apart whose features do not mix.
    fingerprint: String,
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    provenance: Map<String, Value>,
}

/// What the scores of each head are divided by before the softmax.
#[derive(Serialize)]
#[cfg_attr(test, derive(TS))]
pub struct Temperatures {
    prototype: f32,
    ridge: f32,
}

/// A class and the names of the pictures that teach it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS))]
pub struct ClassSpec {
    pub id: String,
    pub name: String,
    pub examples: Vec<String>,
}

/// Everything a prediction depends on: the worker keeps no settings of its own.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS))]
pub struct TaskSpec {
    pub classes: Vec<ClassSpec>,
    /// Names of the pictures that are asked about.
    pub queries: Vec<String>,
    #[cfg_attr(test, ts(type = "Head"))]
    head: HeadKind,
    #[cfg_attr(test, ts(type = "Context"))]
    context: Context,
    /// Between features; ridge regression knows none.
    #[cfg_attr(test, ts(type = "Distance"))]
    distance: Distance,
    hallucinations: usize,
    /// Scores are divided by it.
    temperature: f32,
    seed: u64,
}

/// A result for each query.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(TS))]
pub struct Classification {
    /// The task's classes that have examples.
    pub class_ids: Vec<String>,
    pub queries: Vec<QueryResult>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(TS))]
pub struct QueryResult {
    picture: String,
    /// In the order of `classIds`.
    probabilities: Vec<f32>,
    /// The same without hallucination; equal where there is none.
    plain: Vec<f32>,
    /// Nearest support pictures, nearest first.
    nearest: Vec<Neighbour>,
    /// How strange the picture is to all classes; above the model's threshold it is "none of these".
    rejection_score: f32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(TS))]
pub struct Neighbour {
    class_id: String,
    picture: String,
    distance: f32,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(TS))]
pub enum ProjectionMethod {
    Pca,
    Tsne,
}

/// What a point of a projection is, in the order of its coordinates.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(TS))]
pub struct ProjectionPoint {
    pub kind: PointKind,
    pub class_id: Option<String>,
    pub picture: Option<String>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(TS))]
pub enum PointKind {
    Support,
    Hallucinated,
    Prototype,
    Query,
}

/// Which parts of a picture speak for a class.
#[derive(Serialize)]
#[cfg_attr(test, derive(TS))]
pub struct Occlusion {
    /// Side of the square grid.
    side: usize,
    /// Row by row: how much the class's probability falls when that part is covered.
    drop: Vec<f32>,
}

/// Classes, the shape of the episodes, and what answers depend on.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS))]
pub struct EvaluationSpec {
    pub classes: Vec<ClassSpec>,
    pub ways: usize,
    pub shots: usize,
    /// Of each class.
    pub queries: usize,
    pub episodes: usize,
    #[cfg_attr(test, ts(type = "Head"))]
    pub head: HeadKind,
    #[cfg_attr(test, ts(type = "Context"))]
    pub context: Context,
    #[cfg_attr(test, ts(type = "Distance"))]
    pub distance: Distance,
    pub hallucinations: usize,
    pub temperature: f32,
    pub seed: u64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(TS))]
pub struct Evaluation {
    pub accuracy: f64,
    /// Half the width of the interval of 95 %.
    pub ci95: f64,
    pub episodes: usize,
    /// Counts, truth by row, prediction by column, in the order of the classes.
    pub confusion: Vec<u64>,
    /// Every answer that was given, once, so that a cell of the confusion can open its pictures.
    pub answers: Vec<GivenAnswer>,
}

/// Truth and prediction are numbers of classes.
#[derive(Clone, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(TS))]
pub struct GivenAnswer {
    pub truth: usize,
    pub predicted: usize,
    pub picture: String,
}

/// What went wrong in the learner, in a form that callers have a sentence for.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(TS))]
pub enum LearnerFailure {
    /// Nothing can be done before a model is loaded.
    NoModel,
    BadModel,
    BadPicture,
    TooLarge,
    TooFew,
    Internal,
}

impl ModelInfo {
    pub fn of(checkpoint: &Checkpoint, fingerprint: String) -> Self {
        let config = &checkpoint.config;
        Self {
            image_size: config.image.size,
            image_channels: config.image.channels,
            views: config.image.views().len(),
            feature_dim: config.feature_dim(),
            parameter_count: checkpoint.parameters.element_count(),
            head: config.head,
            distance: config.distance,
            temperatures: Temperatures {
                prototype: config.temperature_of(HeadKind::Prototype),
                ridge: config.temperature_of(HeadKind::Ridge),
            },
            generator: config.generator.as_ref().map(|generator| generator.kind),
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
