//! The learner in a web worker: what JavaScript can call.
//!
//! Nothing numeric happens here: arguments are turned into the learner's types,
//! its answers into the page's, and its errors into `Error`s with a code the
//! page has a sentence for. The types that cross are those of `types.rs`, which the generated
//! declarations import as `web/package/src/types.ts`.

mod encoder;
mod evaluation;
mod failure;
mod picture;
mod projection;
mod session;
mod types;

use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;

use failure::Failure;
use picture::Picture;

#[wasm_bindgen(typescript_custom_section)]
const IMPORTS: &str = r#"
import type {
  Classification, Evaluation, EvaluationSpec, ModelInfo, Occlusion, ProjectionMethod,
  ProjectionPoint, TaskSpec,
} from "../types.ts";
"#;

#[wasm_bindgen]
extern "C" {
    /// Classes, queries and settings.
    #[wasm_bindgen(typescript_type = "TaskSpec")]
    pub type TaskSpec;
    /// Classes and the shape of the episodes.
    #[wasm_bindgen(typescript_type = "EvaluationSpec")]
    pub type EvaluationSpec;
    /// "pca" or "tsne".
    #[wasm_bindgen(typescript_type = "ProjectionMethod")]
    pub type ProjectionMethod;
    /// What a model says about itself.
    #[wasm_bindgen(typescript_type = "ModelInfo")]
    pub type ModelInfo;
    /// A result for each query.
    #[wasm_bindgen(typescript_type = "Classification")]
    pub type Classification;
    /// Some of the pictures asked about.
    #[wasm_bindgen(typescript_type = "string[]")]
    pub type PictureIds;
    /// What the points of a drawing are.
    #[wasm_bindgen(typescript_type = "ProjectionPoint[]")]
    pub type ProjectionPoints;
    /// What covering each part costs.
    #[wasm_bindgen(typescript_type = "Occlusion")]
    pub type Occlusion;
    /// Accuracy, confusion and the answers given.
    #[wasm_bindgen(typescript_type = "Evaluation")]
    pub type EvaluationResult;
}

/// Makes a trap say what panicked, in the console. Runs by itself.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// The part of a model that turns pictures into features.
#[wasm_bindgen]
pub struct Encoder(encoder::Encoder);

#[wasm_bindgen]
impl Encoder {
    /// Reads a model file.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: Vec<u8>) -> Result<Self, JsValue> {
        encoder::Encoder::from_bytes(&bytes).map(Self).map_err(Failure::into_js)
    }

    /// Side of the crop that the model sees, in pixels.
    #[wasm_bindgen(js_name = viewSide)]
    #[must_use]
    pub fn view_side(&self) -> usize {
        self.0.view_side()
    }

    /// The feature of a picture, D values.
    pub fn encode(&self, picture: &Picture) -> Result<Vec<f32>, JsValue> {
        self.0.encode(picture).map_err(Failure::into_js)
    }

    /// What the model sees of a picture, as RGBA.
    pub fn view(&self, picture: &Picture) -> Result<Vec<u8>, JsValue> {
        self.0.view(picture).map_err(Failure::into_js)
    }

    /// Features of a batch of normalised pictures, planes one after the other, and
    /// nothing else: what is timed beside other runtimes.
    #[wasm_bindgen(js_name = encodeBatch)]
    pub fn encode_batch(&self, pixels: Vec<f32>) -> Result<Vec<f32>, JsValue> {
        self.0.encode_batch(pixels).map_err(Failure::into_js)
    }
}

/// A model and the features of the pictures it has seen.
#[wasm_bindgen]
#[derive(Default)]
pub struct Session(session::Session);

#[wasm_bindgen]
impl Session {
    /// Without a model.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a model file; all features are forgotten. On failure the model
    /// before it stays.
    pub fn load(&mut self, bytes: Vec<u8>) -> Result<ModelInfo, JsValue> {
        to_js(self.0.load(&bytes))
    }

    /// Keeps the feature of a picture, as an encoder of the same model gave it.
    pub fn put(&mut self, id: String, feature: Vec<f32>) -> Result<(), JsValue> {
        self.0.put(id, feature).map_err(Failure::into_js)
    }

    /// Forgets pictures; unknown ones are passed over.
    pub fn forget(&mut self, pictures: Vec<String>) {
        self.0.forget(&pictures);
    }

    /// A prediction for each query.
    pub fn classify(&mut self, task: TaskSpec) -> Result<Classification, JsValue> {
        to_js(from_js(task.into()).and_then(|task| self.0.classify(&task)))
    }

    /// The queries whose label would teach the most, at most `count`, the most doubtful first.
    #[wasm_bindgen(js_name = nextToLabel)]
    pub fn next_to_label(&mut self, task: TaskSpec, count: usize) -> Result<PictureIds, JsValue> {
        to_js(from_js(task.into()).and_then(|task| self.0.next_to_label(&task, count)))
    }

    /// Starts a drawing of the task's features.
    pub fn project(
        &mut self,
        task: TaskSpec,
        method: ProjectionMethod,
    ) -> Result<Projection, JsValue> {
        let projection = from_js(task.into()).and_then(|task| {
            let method = from_js(method.into())?;
            self.0.project(&task, method)
        });
        projection.map(Projection).map_err(Failure::into_js)
    }

    /// Which parts of a picture speak for a class.
    pub fn occlude(
        &mut self,
        task: TaskSpec,
        class: &str,
        picture: &Picture,
    ) -> Result<Occlusion, JsValue> {
        to_js(from_js(task.into()).and_then(|task| self.0.occlude(&task, class, picture)))
    }

    /// Starts an evaluation by episodes.
    pub fn evaluate(&self, spec: EvaluationSpec) -> Result<EvaluationRun, JsValue> {
        let evaluation = from_js(spec.into()).and_then(|spec| self.0.evaluate(&spec));
        evaluation.map(EvaluationRun).map_err(Failure::into_js)
    }

    /// The file of the taught classifier, for `fewshot predict --support`; `names` is what its
    /// examples are called, class by class.
    #[wasm_bindgen(js_name = exportClassifier)]
    pub fn export_classifier(
        &mut self,
        task: TaskSpec,
        names: Vec<String>,
    ) -> Result<Vec<u8>, JsValue> {
        from_js(task.into()).and_then(|task| self.0.export(&task, names)).map_err(Failure::into_js)
    }
}

/// A drawing that settles step by step.
#[wasm_bindgen]
pub struct Projection(projection::Projection);

#[wasm_bindgen]
impl Projection {
    /// What the points are, in the order of the coordinates.
    pub fn points(&self) -> Result<ProjectionPoints, JsValue> {
        to_js(Ok(self.0.points()))
    }

    /// Takes steps; PCA is there at once and takes none.
    pub fn step(&mut self, count: usize) {
        self.0.step(count);
    }

    /// x and y of each point in turn.
    #[must_use]
    pub fn coordinates(&self) -> Vec<f32> {
        self.0.coordinates()
    }
}

/// An evaluation that goes on episode by episode.
#[wasm_bindgen]
pub struct EvaluationRun(evaluation::Evaluation);

#[wasm_bindgen]
impl EvaluationRun {
    /// Scores up to `count` further episodes; returns how many are done.
    pub fn step(&mut self, count: usize) -> Result<usize, JsValue> {
        self.0.step(count).map_err(Failure::into_js)
    }

    /// What the episodes so far say.
    pub fn result(&self) -> Result<EvaluationResult, JsValue> {
        to_js(Ok(self.0.result()))
    }
}

fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, Failure> {
    serde_wasm_bindgen::from_value(value).map_err(|error| Failure::Arguments(error.to_string()))
}

fn to_js<T: Serialize, J: JsCast>(result: Result<T, Failure>) -> Result<J, JsValue> {
    let value = result.map_err(Failure::into_js)?;
    // Plain objects and numbers, as JSON has them, not Map and BigInt.
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    let value = value.serialize(&serializer);
    let value = value.map_err(|error| Failure::Arguments(error.to_string()).into_js())?;
    Ok(value.unchecked_into())
}
