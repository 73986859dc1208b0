//! What the driver knows of a stage, and what every stage that learns by
//! gradient has in common.

use anyhow::{Result, bail};
use candle_core::{Tensor, Var};
use fewshot::{ModelConfig, Parameters};

use super::optimizer::Optimizer;
use super::parallel::Share;
use super::schedule;
use super::setup::Setup;
use crate::recipe;

/// A loss beyond it comes from weights that have left every useful range: no cross
/// entropy of a few thousand classes gets there otherwise.
const LARGEST_LOSS: f32 = 1e6;

/// What one step gave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub loss: f64,
    /// Of the training batch; a fraction.
    pub accuracy: f64,
    pub rate: f32,
}

/// One stage of a run, under way. It shares the model's variables.
pub(super) trait Learner {
    /// Takes step number `step`; the driver calls them in order.
    ///
    /// # Errors
    /// If the loss is no longer a number.
    fn step(&mut self, step: usize) -> Result<Step>;

    /// What is validated and kept: the model's variables, unless the stage has
    /// something better.
    fn result(&self, live: &Parameters) -> Result<Parameters> {
        Ok(live.clone())
    }

    /// The model's temperature, where the stage changes it.
    fn temperature(&self) -> Result<Option<f32>> {
        Ok(None)
    }

    /// Everything beyond the model's variables that going on needs.
    fn state(&self) -> Parameters;
}

/// Where a stage begins.
#[derive(Clone, Copy)]
pub(super) struct Start<'a> {
    pub setup: &'a Setup,
    /// Number of the stage.
    pub index: usize,
    pub config: &'a ModelConfig,
    /// The model's variables.
    pub live: &'a Parameters,
    /// The first step that is taken.
    pub from: usize,
    /// What [`Learner::state`] gave, where that is not 0.
    pub kept: Option<&'a Parameters>,
    /// What is taken of each step.
    pub share: &'a Share,
}

/// Variables, the optimizer that moves them, and the rate.
#[derive(Debug)]
pub(super) struct Descent {
    optimizer: Optimizer,
    schedule: recipe::Schedule,
    steps: usize,
    share: Share,
}

impl Descent {
    /// Over `vars` for `steps` steps, from where the stage starts.
    pub fn new(
        optimizer: &recipe::Optimizer,
        schedule: &recipe::Schedule,
        steps: usize,
        vars: Vec<(String, Var)>,
        start: Start<'_>,
    ) -> Result<Self> {
        let optimizer = Optimizer::new(optimizer, vars, start.kept)?;
        Ok(Self { optimizer, schedule: schedule.clone(), steps, share: start.share.clone() })
    }

    /// One step down `loss`, a scalar, with all replicas; returns its value here and the rate.
    pub fn step(&mut self, loss: &Tensor, step: usize) -> Result<(f64, f32)> {
        let value = loss.to_scalar::<f32>()?;
        if !value.is_finite() || value > LARGEST_LOSS {
            bail!(
                "the loss is {value}; start a new run with a lower learning rate, with --set \
                 stage.KIND.schedule.rate=... (the last checkpoint holds the weights from before)"
            );
        }
        let rate = schedule::rate(&self.schedule, step, self.steps);
        let mut gradients = loss.backward()?;
        let vars: Vec<&Var> = self.optimizer.vars().collect();
        self.share.average(&mut gradients, &vars)?;
        self.optimizer.step(&gradients, rate, step)?;
        Ok((f64::from(value), rate))
    }

    /// What the optimizer remembers.
    pub fn state(&self) -> Parameters {
        self.optimizer.state()
    }
}
