//! What a prediction depends on besides model and pictures.

use serde::{Deserialize, Serialize};

use crate::{Distance, Error, ModelConfig, Result};

/// How a classifier compares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
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
    /// What the model was trained with, without hallucination.
    pub fn of(config: &ModelConfig) -> Self {
        Self {
            distance: config.distance,
            hallucinations: 0,
            temperature: config.temperature,
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
        if self.hallucinations > 0 && !has_generator {
            return Err(Error::NoGenerator);
        }
        Ok(())
    }
}
