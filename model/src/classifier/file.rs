//! The file of a taught classifier: features, names and settings ↔ bytes.
//!
//! A safetensors file with a tensor `class.{i}` (K, D) for each class and the
//! rest as JSON in the metadata. No pictures: whoever gets the file cannot see
//! what it was taught with. Nor the model, which it names by its fingerprint.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use safetensors::{SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::{ClassExamples, Classifier, Example, Settings};
use crate::sealed::{Sealed, seal};
use crate::{Error, Model, Result};

/// Version written, and the newest read.
const VERSION: u32 = 1;
const KEY: &str = "fewshot.classifier";

/// A classifier as it is stored.
#[derive(Clone, Debug)]
pub struct ClassifierFile {
    /// [`crate::Checkpoint::fingerprint`] of the model whose features these are.
    pub model: String,
    /// Settings at the time of writing.
    pub settings: Settings,
    /// Every class, those without pictures too.
    pub classes: Vec<ClassExamples>,
}

#[derive(Serialize, Deserialize)]
struct Description {
    version: u32,
    model: String,
    settings: Settings,
    classes: Vec<ClassDescription>,
}

#[derive(Serialize, Deserialize)]
struct ClassDescription {
    id: String,
    name: String,
    /// Ids.
    examples: Vec<String>,
    /// What people call them; nothing where that is their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pictures: Vec<String>,
}

impl ClassifierFile {
    /// What `classifier` has learned over the model with this fingerprint.
    pub fn of(classifier: &Classifier, model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            settings: classifier.settings(),
            classes: classifier.classes().cloned().collect(),
        }
    }

    /// The classifier again, over the same model.
    ///
    /// # Errors
    /// [`Error::OtherModel`] where `fingerprint` is not the stored one; as
    /// [`Classifier::set_classes`].
    pub fn open(self, model: &Model, fingerprint: &str) -> Result<Classifier> {
        if self.model != fingerprint {
            return Err(Error::OtherModel { expected: fingerprint.into(), actual: self.model });
        }
        let mut classifier = Classifier::new(model, self.settings)?;
        classifier.set_classes(self.classes)?;
        Ok(classifier)
    }

    /// # Errors
    /// If a feature is not f32 on the CPU.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let description = Description {
            version: VERSION,
            model: self.model.clone(),
            settings: self.settings,
            classes: self.classes.iter().map(describe).collect(),
        };
        let json = serde_json::to_string(&description).map_err(format)?;
        let mut stored = Vec::new();
        for (index, class) in self.classes.iter().enumerate() {
            if !class.examples.is_empty() {
                let features = class.features()?;
                let values = features.flatten_all()?.to_vec1::<f32>()?;
                let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                stored.push((tensor_name(index), bytes, features.dims().to_vec()));
            }
        }
        let mut views = Vec::with_capacity(stored.len());
        for (name, bytes, shape) in &stored {
            let view = TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes);
            views.push((name.clone(), view.map_err(format)?));
        }
        seal(views, HashMap::from([(KEY.to_owned(), json)]))
    }

    /// # Errors
    /// If the bytes are not a classifier, damaged, or one of a later version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let file = Sealed::open(bytes)?;
        let json = file.metadata.get(KEY);
        let json = json.ok_or_else(|| format("it holds no taught classifier"))?;
        let description: Description = serde_json::from_str(json).map_err(format)?;
        if description.version > VERSION {
            let actual = description.version.to_string();
            return Err(Error::Version { actual, supported: VERSION });
        }
        file.check()?;
        let read = |(index, class): (usize, ClassDescription)| -> Result<ClassExamples> {
            let ClassDescription { id, name, examples, pictures } = class;
            let names = if pictures.is_empty() { examples.clone() } else { pictures };
            if names.len() != examples.len() {
                let (ids, names) = (examples.len(), names.len());
                return Err(format(format_args!("class '{id}' names {names} of {ids} pictures")));
            }
            let rows = if examples.is_empty() {
                Vec::new()
            } else {
                read_rows(&file.tensors, &tensor_name(index), examples.len())?
            };
            let examples = examples.into_iter().zip(names).zip(rows);
            let examples =
                examples.map(|((id, name), feature)| Example { id, name, feature }).collect();
            Ok(ClassExamples { id, name, examples })
        };
        let classes =
            description.classes.into_iter().enumerate().map(read).collect::<Result<_>>()?;
        Ok(Self { model: description.model, settings: description.settings, classes })
    }
}

fn describe(class: &ClassExamples) -> ClassDescription {
    let of = |text: fn(&Example) -> &String| class.examples.iter().map(text).cloned().collect();
    let called_otherwise = class.examples.iter().any(|example| example.name != example.id);
    ClassDescription {
        id: class.id.clone(),
        name: class.name.clone(),
        examples: of(|example| &example.id),
        pictures: if called_otherwise { of(|example| &example.name) } else { Vec::new() },
    }
}

fn tensor_name(index: usize) -> String {
    format!("class.{index}")
}

/// The rows of one class's tensor, each (D).
fn read_rows(file: &SafeTensors, name: &str, count: usize) -> Result<Vec<Tensor>> {
    let view = file.tensor(name).map_err(format)?;
    let &[rows, dim] = view.shape() else {
        return Err(format(format_args!("tensor '{name}' is not a table of features")));
    };
    if dim == 0 || rows != count || view.dtype() != safetensors::Dtype::F32 {
        return Err(format(format_args!(
            "tensor '{name}' has {rows} rows of {dim} {:?}, expected {count} of at least one F32",
            view.dtype()
        )));
    }
    let features = view
        .data()
        .chunks_exact(4 * dim)
        .map(|row| Ok(Tensor::from_raw_buffer(row, DType::F32, &[dim], &Device::Cpu)?));
    features.collect()
}

fn format(error: impl std::fmt::Display) -> Error {
    Error::Format(error.to_string())
}
