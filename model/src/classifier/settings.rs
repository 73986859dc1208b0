//! What a prediction depends on besides model and pictures.

use serde::{Deserialize, Serialize};

use crate::{Context, Distance, Error, HeadKind, ModelConfig, Result};

/// Most features that can be hallucinated for a class: beyond it nothing is
/// gained and memory runs short.
pub const MOST_HALLUCINATIONS: usize = 1000;

/// How a classifier compares.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut learner = fewshot::Learner::from_bytes(&std::fs::read("../weights/omniglot.safetensors")?)?;
/// use fewshot::{Distance, Settings};
///
/// let settings = Settings { hallucinations: 20, distance: Distance::Cosine, ..learner.settings() };
/// learner.set_settings(settings)?;
/// assert_eq!(learner.settings().hallucinations, 20);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What is fitted to the pictures of the classes; files from before there
    /// was a choice mean prototypes.
    #[serde(default)]
    pub head: HeadKind,
    /// Whether queries are looked at together.
    #[serde(default)]
    pub context: Context,
    /// Between queries and prototypes, and to the nearest pictures.
    pub distance: Distance,
    /// Features hallucinated for each class, M.
    pub hallucinations: usize,
    /// Scores are divided by it before the softmax.
    pub temperature: f32,
    /// Draws the pictures that hallucinations start from, and their noise.
    pub seed: u64,
}

impl Settings {
    /// The model's own head, each query by itself, without hallucination.
    pub fn of(config: &ModelConfig) -> Self {
        Self::with_head(config, config.head)
    }

    /// As [`Self::of`], with another head and its temperature.
    pub fn with_head(config: &ModelConfig, head: HeadKind) -> Self {
        Self {
            head,
            context: Context::Inductive,
            distance: config.distance,
            hallucinations: 0,
            temperature: config.temperature_of(head),
            seed: 0,
        }
    }

    pub(super) fn check(&self, has_generator: bool) -> Result<()> {
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            return Err(Error::Argument {
                what: "the temperature",
                actual: self.temperature.to_string(),
                expected: "a number above 0",
            });
        }
        check_hallucinations(self.hallucinations, has_generator)
    }
}

/// Whether so many hallucinations of a class can be asked for.
///
/// # Errors
/// [`Error::NoGenerator`] where there is none; if there are more than
/// [`MOST_HALLUCINATIONS`].
pub fn check_hallucinations(count: usize, has_generator: bool) -> Result<()> {
    if count > 0 && !has_generator {
        return Err(Error::NoGenerator);
    }
    if count > MOST_HALLUCINATIONS {
        return Err(Error::Argument {
            what: "the number of hallucinations of a class",
            actual: count.to_string(),
            expected: "at most 1000, beyond which nothing is gained",
        });
    }
    Ok(())
}
