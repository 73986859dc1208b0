//! `state.safetensors`: all a run needs to go on exactly where it stopped, and the
//! one before, for when that is damaged. Random numbers are not here: they follow
//! from the seed and the step.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use candle_core::{DType, Device, Tensor};
use fewshot::sealed::{Sealed, seal};
use fewshot::{ModelConfig, Parameters, Rejection, RidgeConfig};
use safetensors::{Dtype, tensor::TensorView};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::RunDir;
use super::standing::metadata;
use crate::write;

const FILE: &str = "state.safetensors";
const BEFORE: &str = "state.before.safetensors";
const KEY: &str = "fewshot.state";
/// Name of the tensor that holds the bytes of `best.safetensors`.
const BEST: &str = "best";
/// Raised when what is stored changes its meaning. Version 1 has neither checksum
/// nor [`BEST`].
const VERSION: u32 = 2;

/// Where a run stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Version of this file.
    pub version: u32,
    /// Number of the stage under way, from 0; the number of stages at the end.
    pub stage: usize,
    /// Steps done in it.
    pub step: usize,
    /// Whether the last of them asks for a validation that is not done yet.
    #[serde(default)]
    pub due: bool,
    /// Wall time so far.
    pub seconds: f64,
    /// Highest criterion of the stage, that of `best.safetensors`.
    pub best: Option<f64>,
    /// What of the model's configuration was measured so far.
    #[serde(flatten)]
    pub measured: Measured,
    /// Length of `metrics.jsonl`.
    pub metrics_bytes: u64,
    /// Steps, loss and accuracy summed since the last line of metrics.
    pub window: (usize, f64, f64),
    /// Provenance of the file that the run started from, where there was one.
    #[serde(default)]
    pub start: Option<Map<String, Value>>,
}

/// The numbers of a model's configuration that a run measures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Of the head `prototype`.
    pub temperature: f32,
    /// Of the head `ridge`.
    #[serde(default)]
    pub ridge: RidgeConfig,
    /// Once it is calibrated.
    #[serde(default)]
    pub rejection: Option<Rejection>,
}

impl Measured {
    /// Those of `config`.
    #[must_use]
    pub fn of(config: &ModelConfig) -> Self {
        Self {
            temperature: config.temperature,
            ridge: config.ridge,
            rejection: config.rejection.clone(),
        }
    }

    /// `config` with these numbers.
    #[must_use]
    pub fn applied_to(&self, config: &ModelConfig) -> ModelConfig {
        ModelConfig {
            temperature: self.temperature,
            ridge: self.ridge,
            rejection: self.rejection.clone(),
            ..config.clone()
        }
    }
}

/// A position with its numbers.
#[derive(Clone, Debug)]
pub struct State {
    /// Where the run stands.
    pub position: Position,
    /// The model's own tensors.
    pub model: Parameters,
    /// The optimizer's, heads', averages.
    pub learner: Parameters,
    /// The file of the stage's best weights, as it was then: the one in the folder can
    /// be newer than this state, or damaged. Empty before the first validation.
    pub best: Vec<u8>,
}

/// A state that was found.
#[derive(Debug)]
pub struct Found {
    /// Where the run goes on.
    pub state: State,
    /// Why that is not the newest: a sentence.
    pub instead: Option<String>,
}

/// Where a run stands by its newest checkpoint, whose numbers are not looked at; none
/// before the first.
///
/// # Errors
/// Where the checkpoint is damaged.
pub fn position(run: &RunDir) -> Result<Option<Position>> {
    let path = run.file(FILE);
    let Some(metadata) = metadata(&path)? else { return Ok(None) };
    let text = metadata.get(KEY).map_or("", String::as_str);
    let position = serde_json::from_str(text);
    position.map(Some).with_context(|| format!("{} is damaged", path.display()))
}

impl State {
    /// Writes it; the one that was the newest becomes the one before.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, run: &RunDir) -> Result<()> {
        let position = Position { version: VERSION, ..self.position.clone() };
        let metadata = HashMap::from([(KEY.to_owned(), serde_json::to_string(&position)?)]);
        let mut stored: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        for (prefix, tensors) in [("model.", &self.model), ("learner.", &self.learner)] {
            for (name, tensor) in tensors.iter() {
                let values = tensor.detach().flatten_all()?.to_vec1::<f32>()?;
                let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                stored.push((format!("{prefix}{name}"), tensor.dims().to_vec(), bytes));
            }
        }
        let mut views = stored
            .iter()
            .map(|(name, shape, bytes)| {
                Ok((name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes)?))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
        let best = TensorView::new(Dtype::U8, vec![self.best.len()], &self.best)?;
        views.push((BEST.to_owned(), best));
        write::keeping(&run.file(BEFORE), &run.file(FILE), &seal(views, metadata)?)
    }

    /// Reads the newest, or where that is damaged or missing the one before, onto the
    /// CPU; none where the run has written no checkpoint yet.
    ///
    /// # Errors
    /// Where there is none that can be used, or a file cannot be read at all.
    pub fn find(run: &RunDir) -> Result<Option<Found>> {
        let [newest, before] = [FILE, BEFORE].map(|name| run.file(name));
        let why = match Self::read(&newest, run)? {
            Some(Ok(state)) => return Ok(Some(Found { state, instead: None })),
            Some(Err(error)) => Some(error),
            None => None,
        };
        match (why, Self::read(&before, run)?) {
            (None, None) => Ok(None),
            (why, Some(Ok(state))) => {
                let why = why.map_or_else(
                    || "the run was ended while it wrote its checkpoint".to_owned(),
                    |error| format!("{} is damaged: {error:#}", newest.display()),
                );
                let (stage, step) = (state.position.stage + 1, state.position.step);
                let instead =
                    format!("{why}; going on from the one before, stage {stage} step {step}");
                Ok(Some(Found { state, instead: Some(instead) }))
            }
            (Some(error), _) => Err(unusable(&newest, error)),
            (None, Some(Err(error))) => Err(unusable(&before, error)),
        }
    }

    /// Removes the newest, which is damaged, before a new one is written: otherwise it
    /// would take the place of the one before.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn forget_newest(run: &RunDir) -> Result<()> {
        let path = run.file(FILE);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// None where the file is not there; the inner result is whether it is whole.
    fn read(path: &Path, run: &RunDir) -> Result<Option<Result<Self>>> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot read {}: check its rights", path.display()));
            }
        };
        let state = Self::from_bytes(&bytes).map(|mut state| {
            if state.position.version == 1 {
                // Where the run had validated, its weights lie beside the state alone.
                state.best = std::fs::read(run.best()).unwrap_or_default();
            }
            state
        });
        Ok(Some(state))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let file = Sealed::open(bytes)?;
        let json = file.metadata.get(KEY).context("its position is missing")?;
        let position: Value = serde_json::from_str(json)?;
        if position["version"].as_u64().is_none_or(|version| version > u64::from(VERSION)) {
            bail!("it was written by a later version of this program");
        }
        file.check()?;
        let mut state = Self {
            position: serde_json::from_value(position)?,
            model: Parameters::default(),
            learner: Parameters::default(),
            best: Vec::new(),
        };
        for (name, view) in file.tensors.iter() {
            if name == BEST {
                view.data().clone_into(&mut state.best);
                continue;
            }
            let tensor =
                Tensor::from_raw_buffer(view.data(), DType::F32, view.shape(), &Device::Cpu)?;
            match name.split_once('.') {
                Some(("model", name)) => state.model.insert(name, tensor),
                Some(("learner", name)) => state.learner.insert(name, tensor),
                _ => bail!("tensor '{name}' is unknown"),
            }
        }
        Ok(state)
    }
}

fn unusable(path: &Path, error: anyhow::Error) -> anyhow::Error {
    error.context(format!(
        "cannot go on from {}, and there is none before it: start a new run, from \
         last.safetensors beside it with --set start=... if you like",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_to_the_last_bit() -> Result<()> {
        // Its sixteen digits are more than a double holds as a whole number, so that a reader
        // who multiplies them by a power of ten rounds twice.
        let best = Some(0.911_111_111_111_111_1);
        let position = Position { best, window: (7, 10.0 / 3.0, 2.0 / 3.0), ..Position::default() };
        let back: Position = serde_json::from_str(&serde_json::to_string(&position)?)?;
        assert_eq!(back, position);
        Ok(())
    }
}
