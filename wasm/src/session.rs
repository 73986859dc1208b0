//! A model, the features of the pictures that encoders have seen with it, and the
//! classifier of the task at hand.
//!
//! The page sends its whole task with each call, so nothing can go out of step;
//! the classifier keeps what it computed as long as it holds.

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use fewshot::{
    Checkpoint, Classifier, ClassifierFile, Model, Settings,
    classifier::{ClassExamples, Example},
    stack,
};

use crate::{
    encoder::Encoder,
    evaluation::Evaluation,
    failure::Failure,
    picture::Picture,
    projection::{Places, Projection},
    types::{
        ClassSpec, Classification, EvaluationSpec, ModelInfo, Occlusion, ProjectionMethod,
        QueryResult, TaskSpec,
    },
};

/// Cells in a row of the occlusion grid.
const OCCLUSION_SIDE: usize = 9;

/// Everything the worker keeps.
#[derive(Default)]
pub struct Session {
    loaded: Option<Loaded>,
    features: HashMap<String, Tensor>,
    /// Where the last drawing left its points, so that the next one goes on from there.
    places: Places,
}

struct Loaded {
    model: Model,
    /// Made when an occlusion first asks for it: pictures are encoded elsewhere.
    encoder: Option<Encoder>,
    fingerprint: String,
    classifier: Classifier,
}

impl Session {
    pub fn load(&mut self, bytes: &[u8]) -> Result<ModelInfo, Failure> {
        let checkpoint = Checkpoint::from_bytes(bytes).map_err(Failure::BadModel)?;
        let fingerprint = checkpoint.fingerprint()?;
        let model = Model::from_checkpoint(&checkpoint, &Device::Cpu).map_err(Failure::BadModel)?;
        let info = ModelInfo::of(&checkpoint, fingerprint.clone());
        let classifier = Classifier::new(&model, Settings::of(&model.config))?;
        self.loaded = Some(Loaded { model, encoder: None, fingerprint, classifier });
        self.features.clear();
        self.places = Places::default();
        Ok(info)
    }

    /// Keeps the feature of a picture, D values as an [`Encoder`] of the same model gave them.
    pub fn put(&mut self, id: String, feature: Vec<f32>) -> Result<(), Failure> {
        let expected = self.loaded()?.model.config.feature_dim();
        if feature.len() != expected {
            let actual = feature.len();
            return Err(Failure::Arguments(format!(
                "the feature of '{id}' has {actual} values, the model's have {expected}"
            )));
        }
        self.features.insert(id, Tensor::from_vec(feature, expected, &Device::Cpu)?);
        Ok(())
    }

    pub fn forget(&mut self, pictures: &[String]) {
        for picture in pictures {
            self.features.remove(picture);
        }
    }

    pub fn classify(&mut self, task: &TaskSpec) -> Result<Classification, Failure> {
        let (loaded, queries) = self.teach(task)?;
        let classifier = &mut loaded.classifier;
        let predictions = classifier.predict(&queries)?;
        let class_ids: Vec<String> = classifier.active().map(|class| class.id.clone()).collect();
        let results = task.queries.iter().zip(predictions);
        let queries = results
            .map(|(picture, prediction)| QueryResult::new(picture, prediction, &class_ids))
            .collect();
        Ok(Classification { class_ids, queries })
    }

    /// The ids of the queries whose label would teach the most.
    pub fn next_to_label(&mut self, task: &TaskSpec, count: usize) -> Result<Vec<String>, Failure> {
        let (loaded, queries) = self.teach(task)?;
        let chosen = loaded.classifier.next_to_label(&queries, count)?;
        Ok(chosen.into_iter().map(|row| task.queries[row].clone()).collect())
    }

    pub fn project(
        &mut self,
        task: &TaskSpec,
        method: ProjectionMethod,
    ) -> Result<Projection, Failure> {
        let places = self.places.clone();
        let (loaded, queries) = self.teach(task)?;
        let scatter = loaded.classifier.scatter(&queries)?;
        let class_ids = loaded.classifier.active().map(|class| class.id.clone()).collect();
        Projection::new(scatter, class_ids, &task.queries, method, task.settings().seed, places)
    }

    pub fn occlude(
        &mut self,
        task: &TaskSpec,
        class: &str,
        picture: &Picture,
    ) -> Result<Occlusion, Failure> {
        let (loaded, _queries) = self.teach(task)?;
        let Loaded { model, encoder, classifier, .. } = loaded;
        let encoder = match encoder {
            Some(encoder) => encoder,
            none => none.insert(Encoder::of(model)?),
        };
        let image = encoder.tensor(picture)?;
        Ok(classifier.occlude(encoder.embedder(), &image, class, OCCLUSION_SIDE)?.into())
    }

    pub fn evaluate(&self, spec: &EvaluationSpec) -> Result<Evaluation, Failure> {
        let classes = self.classes(&spec.classes)?;
        Evaluation::new(spec, &classes, &self.loaded()?.model)
    }

    /// With what the examples are called, class by class.
    pub fn export(&mut self, task: &TaskSpec, names: Vec<String>) -> Result<Vec<u8>, Failure> {
        let (loaded, _queries) = self.teach(task)?;
        let mut file = ClassifierFile::of(&loaded.classifier, loaded.fingerprint.as_str());
        let examples = file.classes.iter_mut().flat_map(|class| &mut class.examples);
        examples.zip(names).for_each(|(example, name)| example.name = name);
        Ok(file.to_bytes()?)
    }

    fn loaded(&self) -> Result<&Loaded, Failure> {
        self.loaded.as_ref().ok_or(Failure::NoModel)
    }

    /// Brings the classifier to the task; returns the queries' features, (Q, D).
    fn teach(&mut self, task: &TaskSpec) -> Result<(&mut Loaded, Tensor), Failure> {
        let classes = self.classes(&task.classes)?;
        let queries = task.queries.iter().map(|query| self.feature(query));
        let queries: Vec<Tensor> = queries.collect::<Result<_, _>>()?;
        let loaded = self.loaded.as_mut().ok_or(Failure::NoModel)?;
        loaded.classifier.set_settings(task.settings())?;
        loaded.classifier.set_classes(classes)?;
        let queries = if queries.is_empty() {
            let dim = loaded.model.config.feature_dim();
            Tensor::zeros((0, dim), candle_core::DType::F32, &Device::Cpu)?
        } else {
            stack(&queries)?
        };
        Ok((loaded, queries))
    }

    fn classes(&self, classes: &[ClassSpec]) -> Result<Vec<ClassExamples>, Failure> {
        let example = |id: &String| Ok(Example::new(id.as_str(), self.feature(id)?));
        let class = |class: &ClassSpec| {
            Ok(ClassExamples {
                id: class.id.clone(),
                name: class.name.clone(),
                examples: class.examples.iter().map(example).collect::<Result<_, Failure>>()?,
            })
        };
        classes.iter().map(class).collect()
    }

    fn feature(&self, picture: &String) -> Result<Tensor, Failure> {
        let feature = self.features.get(picture).cloned();
        feature.ok_or_else(|| Failure::NotEmbedded(picture.clone()))
    }
}
