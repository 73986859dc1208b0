//! A classifier being taught: classes, their pictures' features and settings.
//!
//! The state behind the page and behind `fewshot predict`. Every change either
//! succeeds or leaves all as it was. It holds features, never pictures, and
//! knows no files: [`ClassifierFile`] turns it into bytes. What is costly
//! (hallucinations, prototypes) is kept until something it depends on changes.

mod class;
mod explain;
mod file;
mod predict;
mod prepared;
mod scatter;
mod settings;
#[cfg(test)]
mod tests;

pub use class::{ClassExamples, Example};
pub use explain::Occlusion;
pub use file::ClassifierFile;
pub use predict::{NEIGHBOURS, Neighbour, Prediction};
pub use scatter::{Point, Scatter};
pub use settings::{MOST_HALLUCINATIONS, Settings, check_hallucinations};

use std::collections::HashSet;

use candle_core::Tensor;

use crate::{Error, Generator, Head, Model, ModelConfig, Result};
use class::Class;
use prepared::Prepared;

/// Classes taught by example, over the features of one model.
#[derive(Clone, Debug)]
pub struct Classifier {
    config: ModelConfig,
    dim: usize,
    generator: Option<Generator>,
    settings: Settings,
    classes: Vec<Class>,
    prepared: Option<Prepared>,
}

impl Classifier {
    /// A classifier without classes over the features of `model`, which is on the CPU.
    ///
    /// # Errors
    /// If the settings are out of range or hallucinate without a generator.
    pub fn new(model: &Model, settings: Settings) -> Result<Self> {
        settings.check(model.generator.is_some())?;
        Ok(Self {
            config: model.config.clone(),
            dim: model.config.feature_dim(),
            generator: model.generator.clone(),
            settings,
            classes: Vec::new(),
            prepared: None,
        })
    }

    /// What predictions depend on besides the classes.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Changes the settings.
    ///
    /// # Errors
    /// As [`Self::new`]; the old settings stay.
    pub fn set_settings(&mut self, settings: Settings) -> Result<()> {
        settings.check(self.generator.is_some())?;
        // Temperature alone changes nothing of what is prepared.
        let prepared_for = Settings { temperature: self.settings.temperature, ..settings };
        if prepared_for != self.settings {
            self.prepared = None;
        }
        self.settings = settings;
        Ok(())
    }

    /// The head of the settings, with the model's numbers.
    pub(super) fn head(&self) -> Head {
        self.config.head_with(self.settings.head, self.settings.distance)
    }

    /// All classes, in their order.
    pub fn classes(&self) -> impl Iterator<Item = &ClassExamples> {
        self.classes.iter().map(|class| &class.content)
    }

    /// The classes that have pictures, in their order: those that take part.
    /// Probabilities and labels count these.
    pub fn active(&self) -> impl Iterator<Item = &ClassExamples> {
        self.classes().filter(|class| !class.examples.is_empty())
    }

    /// Adds a class without pictures at the end.
    ///
    /// # Errors
    /// If the id is taken.
    pub fn add_class(&mut self, id: impl Into<String>, name: impl Into<String>) -> Result<()> {
        let (id, name) = (id.into(), name.into());
        if self.classes().any(|class| class.id == id) {
            return Err(Error::Duplicate { what: "class", id });
        }
        self.classes.push(Class::new(ClassExamples { id, name, examples: Vec::new() }));
        Ok(())
    }

    /// Calls a class something else.
    ///
    /// # Errors
    /// If there is no such class.
    pub fn rename_class(&mut self, id: &str, name: impl Into<String>) -> Result<()> {
        let index = self.class_index(id)?;
        self.classes[index].content.name = name.into();
        Ok(())
    }

    /// Takes out a class and gives it back.
    ///
    /// # Errors
    /// If there is no such class.
    pub fn remove_class(&mut self, id: &str) -> Result<ClassExamples> {
        let index = self.class_index(id)?;
        self.prepared = None;
        Ok(self.classes.remove(index).content)
    }

    /// Adds a picture's feature to a class.
    ///
    /// # Shapes
    /// - feature: (D), f32, as [`crate::Embedder::embed`] gives a row of
    ///
    /// # Errors
    /// If there is no such class, the id is taken in any class, or the feature
    /// is of another length or not finite.
    pub fn add_example(
        &mut self,
        class: &str,
        id: impl Into<String>,
        feature: Tensor,
    ) -> Result<()> {
        let index = self.class_index(class)?;
        let example = Example::new(id, feature);
        example.check(self.dim)?;
        if self.find_example(&example.id).is_some() {
            return Err(Error::Duplicate { what: "picture", id: example.id });
        }
        self.prepared = None;
        self.classes[index].content.examples.push(example);
        Ok(())
    }

    /// Takes out a picture, whichever class it is in, and gives it back.
    ///
    /// # Errors
    /// If there is no such picture.
    pub fn remove_example(&mut self, id: &str) -> Result<Example> {
        let (class, index) = self
            .find_example(id)
            .ok_or_else(|| Error::Unknown { what: "picture", id: id.into() })?;
        self.prepared = None;
        Ok(self.classes[class].content.examples.remove(index))
    }

    /// Moves a picture to the end of another class.
    ///
    /// # Errors
    /// If there is no such picture or class.
    pub fn move_example(&mut self, id: &str, class: &str) -> Result<()> {
        let to = self.class_index(class)?;
        let example = self.remove_example(id)?;
        self.classes[to].content.examples.push(example);
        Ok(())
    }

    /// Replaces all classes, keeping what was computed wherever it still holds:
    /// hallucinations of a class of the same id whose drawn picture is the same
    /// tensor, and everything where nothing but names changed.
    ///
    /// # Errors
    /// If an id is there twice or a feature does not fit.
    pub fn set_classes(&mut self, classes: Vec<ClassExamples>) -> Result<()> {
        let mut ids = HashSet::new();
        let mut pictures = HashSet::new();
        for class in &classes {
            if !ids.insert(&class.id) {
                return Err(Error::Duplicate { what: "class", id: class.id.clone() });
            }
            for example in &class.examples {
                example.check(self.dim)?;
                if !pictures.insert(&example.id) {
                    return Err(Error::Duplicate { what: "picture", id: example.id.clone() });
                }
            }
        }
        let mut old = std::mem::take(&mut self.classes);
        let same = old.len() == classes.len()
            && old.iter().zip(&classes).all(|(old, new)| old.content.same_pictures(new));
        if !same {
            self.prepared = None;
        }
        for content in classes {
            let kept = old.iter_mut().find(|class| class.content.id == content.id);
            let hallucinated = kept.and_then(|class| class.hallucinated.take());
            self.classes.push(Class { content, hallucinated });
        }
        Ok(())
    }

    fn class_index(&self, id: &str) -> Result<usize> {
        self.classes()
            .position(|class| class.id == id)
            .ok_or_else(|| Error::Unknown { what: "class", id: id.into() })
    }

    fn find_example(&self, id: &str) -> Option<(usize, usize)> {
        self.classes().enumerate().find_map(|(index, class)| {
            Some((index, class.examples.iter().position(|example| example.id == id)?))
        })
    }
}
