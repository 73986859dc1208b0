//! `state.safetensors`: all a run needs to go on exactly where it stopped.
//! Random numbers are not here: they follow from the seed and the step.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use candle_core::{DType, Device, Tensor};
use fewshot::{ModelConfig, Parameters, Rejection, RidgeConfig};
use safetensors::{SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::RunDir;
use crate::write;

const FILE: &str = "state.safetensors";
const KEY: &str = "fewshot.state";
/// Raised when what is stored changes its meaning.
const VERSION: u32 = 1;

/// Where a run stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Version of this file.
    pub version: u32,
    /// Number of the stage under way, from 0; the number of stages at the end.
    pub stage: usize,
    /// Steps done in it.
    pub step: usize,
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
}

impl State {
    /// Writes it, in place of an older one.
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
        let views = stored
            .iter()
            .map(|(name, shape, bytes)| {
                Ok((name, TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes)?))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
        write::atomically(&run.file(FILE), &safetensors::serialize(views, Some(metadata))?)
    }

    /// Reads it, onto the CPU; none where the run has written no checkpoint yet.
    ///
    /// # Errors
    /// Where it is damaged, of another version, or cannot be read.
    pub fn find(run: &RunDir) -> Result<Option<Self>> {
        let path = run.file(FILE);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot read {}: check its rights", path.display()));
            }
        };
        Self::from_bytes(&bytes).map(Some).with_context(|| {
            format!(
                "cannot go on from {}: it is damaged; start a new run, from last.safetensors \
                 beside it with --set start=... if you like",
                path.display()
            )
        })
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let json = metadata.get(KEY).context("its position is missing")?;
        let position: Position = serde_json::from_str(json)?;
        if position.version != VERSION {
            bail!("it was written by another version of this program ({})", position.version);
        }
        let mut state =
            Self { position, model: Parameters::default(), learner: Parameters::default() };
        for (name, view) in SafeTensors::deserialize(bytes)?.iter() {
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
