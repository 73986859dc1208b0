//! Where a run stands, read without its numbers: of a file of hundreds of megabytes only
//! the header.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

use super::{Origin, RunDir, lock, metrics, state};
use crate::recipe::{Recipe, Stage};

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// All stages are done.
    Finished,
    /// A process is at it.
    Running,
    /// It can go on.
    Interrupted,
}

/// A run as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its recipe, every value resolved.
    pub recipe: Recipe,
    /// What it was started with.
    pub origin: Origin,
    /// What it is doing.
    pub condition: Condition,
    /// The last stage that has begun, from 1, and its kind; none before the first line.
    pub stage: Option<(usize, String)>,
    /// Steps done in it, and all it has.
    pub steps: (usize, usize),
    /// Wall time, breaks left out.
    pub seconds: f64,
    /// What the chosen weights reached on validation classes, fractions.
    pub validation: BTreeMap<String, f64>,
}

impl Standing {
    /// Reads it.
    ///
    /// # Errors
    /// Where the folder holds no run, or its files are damaged.
    pub fn read(path: &Path) -> Result<Self> {
        let (run, recipe, origin) = RunDir::open(path)?;
        let position = state::position(&run)?;
        let last = metrics::last(&run)?;
        let stages = recipe.stage.len();
        let condition = if lock::is_held(path) {
            Condition::Running
        } else if position.as_ref().is_some_and(|position| position.stage >= stages) {
            Condition::Finished
        } else {
            Condition::Interrupted
        };
        let at = position.as_ref().map(|position| position.stage);
        let stage = match (&last, at) {
            (Some(line), _) => Some((line.stage, line.kind.clone())),
            (None, Some(at)) => recipe.stage.get(at).map(|s: &Stage| (at + 1, s.kind().to_owned())),
            (None, None) => None,
        };
        let seconds = [last.as_ref().map(|line| line.seconds), position.map(|p| p.seconds)];
        Ok(Self {
            validation: chosen(&run)?,
            recipe,
            origin,
            condition,
            stage,
            steps: last.as_ref().map_or((0, 0), |line| (line.step, line.steps)),
            seconds: seconds.into_iter().flatten().fold(0.0, f64::max),
        })
    }
}

/// What the weights of the run say of their validation.
fn chosen(run: &RunDir) -> Result<BTreeMap<String, f64>> {
    let Some(metadata) = metadata(&run.best())? else { return Ok(BTreeMap::new()) };
    let provenance = metadata.get("fewshot.provenance").map_or("{}", String::as_str);
    let provenance: Value = serde_json::from_str(provenance)
        .with_context(|| format!("{} is damaged", run.best().display()))?;
    let figures = provenance["validation"].as_object().cloned().unwrap_or_default();
    Ok(figures.into_iter().filter_map(|(name, value)| Some((name, value.as_f64()?))).collect())
}

/// The metadata of a safetensors file; none where there is no such file. Its numbers are
/// not looked at.
///
/// # Errors
/// Where the header cannot be read.
pub(super) fn metadata(path: &Path) -> Result<Option<HashMap<String, String>>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let mut read = || -> Result<HashMap<String, String>> {
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        let mut header = Vec::new();
        file.by_ref().take(u64::from_le_bytes(length)).read_to_end(&mut header)?;
        let header: Value = serde_json::from_slice(&header)?;
        Ok(serde_json::from_value(header["__metadata__"].clone())?)
    };
    read().map(Some).with_context(|| format!("{} is damaged", path.display()))
}
