//! A recipe: what model is trained, in which stages, with which numbers.
//!
//! TOML ↔ structures. The recipes that ship are in [`shipped`]; single values
//! are changed by [`set`]. How a stage is carried out is [`crate::train`]'s.

mod differences;
mod keys;
mod limits;
pub mod set;
pub mod shipped;
mod stage;
mod suit;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fewshot::{GeneratorConfig, ModelConfig};
use serde::{Deserialize, Serialize};

pub use differences::differences;
pub use stage::{Episodic, Fit, Generating, Optimizer, Pretrain, Range, Schedule, Stage};

/// Everything a training run depends on, apart from the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// What the run is called.
    pub name: String,
    /// Every random number of the run follows from it.
    #[serde(default)]
    pub seed: u64,
    /// A file of weights that training starts from rather than from random ones:
    /// every tensor it shares with the model, the encoder at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<PathBuf>,
    /// The model, as it is stored with the weights.
    pub model: ModelConfig,
    /// How weights are chosen.
    #[serde(default)]
    pub validation: Validation,
    /// What is done, in this order.
    pub stage: Vec<Stage>,
}

/// Episodes on the validation classes, by whose mean accuracy weights are chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Validation {
    /// Classes an episode.
    pub ways: usize,
    /// Support images a class; the criterion is the mean over these.
    pub shots: Vec<usize>,
    /// Query images a class.
    pub queries: usize,
    /// Episodes for each number of shots.
    pub episodes: usize,
    /// Only so many pictures of each class are encoded; 0 for all.
    pub images_per_class: usize,
    /// Hallucinated features a class while a generator learns.
    pub hallucinate: usize,
}

impl Default for Validation {
    fn default() -> Self {
        Self {
            ways: 5,
            shots: vec![1, 5],
            queries: 15,
            episodes: 400,
            images_per_class: 0,
            hallucinate: 10,
        }
    }
}

impl Recipe {
    /// A shipped recipe by name, or a file that ends in `.toml`, with `changes`
    /// (`key=value`) made. Weights that a file starts from are looked for beside it
    /// first, then in the current folder.
    ///
    /// # Errors
    /// Where there is no such recipe, a key is unknown, or a value unusable.
    pub fn find(name_or_file: &str, changes: &[String]) -> Result<Self> {
        if !name_or_file.ends_with(".toml") {
            return Self::parse(shipped::text(name_or_file)?, changes)
                .with_context(|| format!("recipe '{name_or_file}' cannot be used"));
        }
        let file = Path::new(name_or_file);
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the recipe {name_or_file}: check the path"))?;
        let mut recipe = Self::parse(&text, changes)
            .with_context(|| format!("{name_or_file} cannot be used"))?;
        let set = changes.iter().any(|change| set::key(change) == "start");
        if let Some(start) = recipe.start.as_mut().filter(|_| !set) {
            let beside = file.with_file_name(&*start);
            if beside.is_file() {
                *start = beside;
            }
        }
        Ok(recipe)
    }

    /// Reads TOML, makes the changes, and checks the result.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn parse(text: &str, changes: &[String]) -> Result<Self> {
        let mut table: toml::Table = text.parse().map_err(one_line)?;
        for change in changes {
            set::apply(&mut table, change)?;
        }
        limits::check(&table)?;
        let mut recipe: Self = table.clone().try_into().map_err(one_line)?;
        keys::check_known(&table, &recipe.to_table()?)?;
        recipe.check()?;
        // A generator that nothing teaches would only invent noise.
        let learns = |generator: &mut GeneratorConfig| generator.kind.learns();
        if !recipe.stage.iter().any(Stage::teaches_generator) {
            recipe.model.generator.take_if(learns);
        }
        Ok(recipe)
    }

    /// The recipe as TOML with every value resolved.
    ///
    /// # Errors
    /// Never in practice.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(&self.to_table()?).context("the recipe cannot be written")
    }

    fn to_table(&self) -> Result<toml::Table> {
        let mut table = toml::Table::try_from(self).context("the recipe cannot be written")?;
        table.iter_mut().for_each(|(_, value)| shorten(value));
        Ok(table)
    }

    /// Checks what only several values together tell; each by itself has its
    /// [`limits`].
    fn check(&self) -> Result<()> {
        self.model.check()?;
        if self.stage.is_empty() {
            bail!("it has no [[stage]]");
        }
        let Validation { shots, queries, images_per_class, .. } = &self.validation;
        let Some(most) = shots.iter().max() else {
            bail!("validation.shots is empty; write a list such as [1, 5]");
        };
        if *images_per_class > 0 && *images_per_class < most + queries {
            bail!(
                "validation.images_per_class is {images_per_class}, too few for {most} support \
                 and {queries} query pictures; use {} or more, or 0 for all",
                most + queries
            );
        }
        for (index, stage) in self.stage.iter().enumerate() {
            stage
                .check(&self.model)
                .with_context(|| format!("stage {} ({})", index + 1, stage.kind()))?;
        }
        Ok(())
    }
}

/// The shortest number that reads back as the same f32: 0.1, not
/// 0.10000000149011612.
fn shorten(value: &mut toml::Value) {
    match value {
        toml::Value::Float(number) => {
            *number = (*number as f32).to_string().parse().unwrap_or(*number);
        }
        toml::Value::Array(values) => values.iter_mut().for_each(shorten),
        toml::Value::Table(table) => table.iter_mut().for_each(|(_, value)| shorten(value)),
        _ => {}
    }
}

/// `toml`'s errors draw the line they mean; one sentence is enough here.
fn one_line(error: toml::de::Error) -> anyhow::Error {
    anyhow::anyhow!("{}", error.message().lines().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_to_start_from_are_looked_for_beside_the_recipe() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("mine.toml");
        std::fs::write(
            &file,
            format!("start = \"mine.safetensors\"\n{}", shipped::text("synthetic")?),
        )?;
        let name = file.to_str().context("a path in words")?;
        let start = |changes: &[String]| Recipe::find(name, changes).map(|recipe| recipe.start);
        let elsewhere = Some(PathBuf::from("mine.safetensors"));
        assert_eq!(start(&[])?, elsewhere);
        let beside = file.with_extension("safetensors");
        std::fs::write(&beside, [])?;
        assert_eq!(start(&[])?, Some(beside));
        assert_eq!(start(&["start = mine.safetensors".to_owned()])?, elsewhere);
        Ok(())
    }

    #[test]
    fn every_shipped_recipe_is_usable_and_survives_being_written() -> Result<()> {
        for name in shipped::names() {
            let recipe = Recipe::find(name, &[])?;
            assert_eq!(recipe.name, name);
            assert_eq!(Recipe::parse(&recipe.to_toml()?, &[])?, recipe, "{name}");
        }
        Ok(())
    }

    #[test]
    fn a_generator_that_nothing_teaches_is_left_out() -> Result<()> {
        let with = |count: &str| Recipe::find("reference", &[count.to_owned()]);
        assert!(with("stage.episodic.hallucinate=[0, 5]")?.model.generator.is_some());
        let without = with("stage.episodic.hallucinate=0")?;
        assert!(without.model.generator.is_none());
        assert_eq!(Recipe::parse(&without.to_toml()?, &[])?, without);
        Ok(())
    }

    #[test]
    fn single_values_are_changed_and_wrong_ones_named() -> Result<()> {
        let change = |text: &str| Recipe::find("synthetic", &[text.to_owned()]);
        assert_eq!(change("seed=7")?.seed, 7);
        assert_eq!(change("model.distance=cosine")?.model.distance, fewshot::Distance::Cosine);
        let Stage::Pretrain(stage) = &change("stage.pretrain.epochs=3")?.stage[0] else {
            bail!("the first stage is another");
        };
        assert_eq!(stage.epochs, 3);
        let wrong = |text: &str| format!("{:#}", change(text).unwrap_err());
        assert!(wrong("sede=7").contains("'seed'"), "{}", wrong("sede=7"));
        assert!(change("seed=7")?.to_toml()?.contains("rate = 0.1\n"), "as it was written");
        let error = wrong("model.temprature=2.0");
        assert!(error.contains("model.temperature"), "{error}");
        let error = wrong("stage.pretrain.epoch=2");
        assert!(error.contains("epochs"), "{error}");
        assert!(wrong("stage.9.epochs=2").contains("stage"), "{}", wrong("stage.9.epochs=2"));
        assert!(wrong("seed").contains("key=value"));
        // Values that are left out of what is written, since they are the usual ones.
        let usual = ["head=prototype", "generator.unit_length=false", "image.framing=crop"];
        for text in usual.map(|text| format!("model.{text}")) {
            Recipe::find("cifar-fs", std::slice::from_ref(&text)).with_context(|| text)?;
        }
        Recipe::find("everyday", &["model.encoder.pooled=[]".to_owned()])?;
        Recipe::find("cifar-fs", &["model.encoder.kind=conv4".to_owned()])?;
        Recipe::find("r2d2", &["model.ridge={ lambda = 0.3, temperature = 0.1 }".to_owned()])?;
        let error = wrong("model.ridge.lamda=1.0");
        assert!(error.contains("model.ridge.lambda"), "{error}");
        assert!(wrong("model.image.size=8").contains("image.size"));
        let error = format!("{:#}", Recipe::find("omniglt", &[]).unwrap_err());
        assert!(error.contains("omniglot"), "{error}");
        Ok(())
    }
}
