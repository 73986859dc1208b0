//! What a run leaves on disk to go on from: weights with their provenance, and
//! the state.

use anyhow::{Context, Result};
use fewshot::{Checkpoint, Parameters, Precision};
use serde_json::{Value, json};

use super::Run;
use super::record::named;
use crate::recipe::Stage;
use crate::run_dir::state::State;
use crate::train::learner::Learner;
use crate::train::validate::Scores;
use crate::{seen, write};

impl Run {
    /// Keeps weights that validate better than every one of the stage before them.
    pub(super) fn keep_best(&mut self, parameters: &Parameters, scores: &Scores) -> Result<()> {
        let criterion = scores.criterion();
        self.scores = Some(scores.clone());
        if self.position.best.is_none_or(|best| criterion > best) {
            self.position.best = Some(criterion);
            self.best = self.weights(parameters)?;
            write::atomically(&self.folder.best(), &self.best)?;
        }
        Ok(())
    }

    /// The file of the model as it is usable by itself, and where it comes from.
    pub(super) fn weights(&self, parameters: &Parameters) -> Result<Vec<u8>> {
        let mut provenance = self.setup.data.clone();
        let mut put = |key: &str, value: Value| {
            provenance.insert(key.to_owned(), value);
        };
        let recipe = &self.setup.recipe;
        put("recipe", json!(recipe.name));
        put("seed", json!(recipe.seed));
        let kind = recipe.stage.get(self.position.stage).map_or("finished", Stage::kind);
        put("stage", json!(format!("{} ({kind})", self.position.stage + 1)));
        put("step", json!(self.position.step));
        put("wall_seconds", json!(self.seconds().round()));
        put("version", json!(env!("CARGO_PKG_VERSION")));
        if let Some(start) = &self.position.start {
            put("start", Value::Object(seen::past(start)));
        }
        if let Some(scores) = &self.scores {
            put("validation", json!(named(scores)));
        }
        let checkpoint =
            Checkpoint { config: self.config(), provenance, parameters: parameters.clone() };
        checkpoint.to_bytes(Precision::F32).context("the weights cannot be kept")
    }

    /// Everything needed to go on, and the present weights.
    pub(super) fn checkpoint(&mut self, learner: &dyn Learner) -> Result<()> {
        self.position.seconds = self.seconds();
        let result = learner.result(&self.live)?;
        write::atomically(&self.folder.last(), &self.weights(&result)?)?;
        self.write_state(learner.state())
    }

    /// Where the run stands, with what the learner remembers.
    pub(super) fn write_state(&self, learner: Parameters) -> Result<()> {
        let state = State {
            position: self.position.clone(),
            model: self.live.clone(),
            learner,
            best: self.best.clone(),
        };
        state.write(&self.folder)
    }
}
