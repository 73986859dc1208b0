//! One run under way: its stages in their order, their steps, when to validate and
//! when to write.
//!
//! What it starts from, what carries a stage out, what it writes and what it says
//! are a file each below.

mod keep;
mod record;
mod stage;
mod start;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use candle_core::{Tensor, Var};
use fewshot::{Checkpoint, Model, ModelConfig, Parameters, transform};

use self::record::words;
use self::stage::hallucinations;
use self::start::{adopt, start_from};
use super::learner::Learner;
use super::report::Report;
use super::setup::Setup;
use super::validate::{self, Scores, Validated};
use super::{Outcome, fit, parallel};
use crate::interrupt::Stopped;
use crate::recipe::{Fit, Stage};
use crate::run_dir::events::Events;
use crate::run_dir::state::{Measured, Position, State};
use crate::run_dir::{RunDir, metrics};
use crate::write;

/// Longest time between checkpoints.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(120);
/// Steps summed in a line of metrics.
const METRICS_EVERY: usize = 50;

/// A run under way.
pub(super) struct Run {
    setup: Setup,
    folder: RunDir,
    /// The model's variables, shared with whatever learns.
    live: Parameters,
    /// Those of the other replicas, where a stage is divided.
    copies: Vec<Parameters>,
    position: Position,
    /// What the learner of the present stage left, where a run goes on.
    kept: Option<Parameters>,
    started: Instant,
    seconds_before: f64,
    events: Events,
    scores: Option<Scores>,
    /// The file of the stage's best weights.
    best: Vec<u8>,
    /// The validation pictures as the backbone leaves them, in a stage in which it is
    /// frozen.
    raw: Option<Vec<Tensor>>,
}

impl Run {
    /// Begins a run, or with `resume` goes on from its checkpoint; a run that was
    /// ended before its first one begins again.
    pub fn new(setup: Setup, folder: RunDir, resume: bool) -> Result<Self> {
        let config = &setup.recipe.model;
        let state = if resume { start::go_on(&folder)? } else { None };
        let (parameters, position, kept, best) = match state {
            Some(State { position, model, learner, best }) => {
                (model.to_device(&setup.device)?, position, Some(learner), best)
            }
            None => {
                let mut fresh = Model::init(config, setup.recipe.seed, &setup.device)?;
                let mut position =
                    Position { measured: Measured::of(config), ..Position::default() };
                if let Some(path) = &setup.recipe.start {
                    position.start = Some(start_from(&mut fresh, config, path, &setup.device)?);
                }
                (fresh, position, None, Vec::new())
            }
        };
        let seconds_before = position.seconds;
        let lines = if position.metrics_bytes > 0 { metrics::read(&folder)? } else { Vec::new() };
        let events = Events::begin(&folder, &lines, seconds_before)?;
        let live = parameters.to_variables()?;
        let started = Instant::now();
        Ok(Self {
            setup,
            folder,
            live,
            copies: Vec::new(),
            position,
            kept,
            started,
            seconds_before,
            events,
            scores: None,
            best,
            raw: None,
        })
    }

    /// All stages that are left.
    pub fn carry_out(mut self) -> Result<Outcome> {
        let stages = self.setup.recipe.stage.clone();
        if self.position.stage >= stages.len() {
            eprintln!("this run is finished; its weights are {}", self.folder.best().display());
        }
        while let Some(stage) = stages.get(self.position.stage) {
            let mut title =
                format!("{}/{} {}", self.position.stage + 1, stages.len(), stage.kind());
            if parallel::is_divided(stage, &self.setup.devices) {
                title.push_str(&format!(" on {} devices", self.setup.devices.len()));
            }
            let finished = match stage {
                Stage::Fit(stage) => self.fit(stage, &title)?,
                _ => self.learn(stage, &title)?,
            };
            if !finished {
                return Ok(Outcome::Interrupted);
            }
            self.next_stage()?;
        }
        Ok(Outcome::Finished { score: self.position.best.unwrap_or(0.0) })
    }

    /// A stage without steps.
    fn fit(&mut self, stage: &Fit, title: &str) -> Result<bool> {
        let report = Report::new(title.to_owned(), 1, 0);
        let fit::Fitted { parameters: fitted, config, scores } =
            fit::fit(stage, &self.setup, &self.config(), &self.live)?;
        adopt(&self.live, &fitted)?;
        self.position.measured = Measured::of(&config);
        self.position.step = 1;
        self.keep_best(&fitted, &scores)?;
        write::atomically(&self.folder.last(), &self.weights(&fitted)?)?;
        self.line(1, 1, None, Some(&scores))?;
        let temperature = config.temperature_of(config.head);
        report.finish(&format!("temperature {temperature:.4}, {}", words(&scores)));
        Ok(true)
    }

    /// A stage of steps; false where it was interrupted.
    fn learn(&mut self, stage: &Stage, title: &str) -> Result<bool> {
        let (steps, validate_every) = self.lengths(stage);
        let count = hallucinations(stage, &self.setup);
        let mut learner = self.learner(stage)?;
        let mut report = Report::new(title.to_owned(), steps, self.position.step);
        // What the earlier stages gave is what this one has to pass.
        let begins = self.position.step == 0 && self.position.stage > 0;
        if self.position.due || (begins && self.position.best.is_none()) {
            self.validated(&*learner, &mut report, (self.position.step, steps), count)?;
        }
        let mut last_checkpoint = Instant::now();
        while self.position.step < steps {
            let step = learner.step(self.position.step).with_context(|| {
                let (step, seed) = (self.position.step + 1, self.setup.recipe.seed);
                format!("stage {title} stopped at step {step} of {steps}, seed {seed}")
            })?;
            self.position.step += 1;
            let done = self.position.step;
            let window = &mut self.position.window;
            *window = (window.0 + 1, window.1 + step.loss, window.2 + step.accuracy);
            report.step(done, step.loss);
            if let Some(temperature) = learner.temperature()? {
                let mut config = self.config();
                config.set_temperature(temperature);
                self.position.measured = Measured::of(&config);
            }
            let validate = done.is_multiple_of(validate_every) || done == steps;
            if validate || done.is_multiple_of(METRICS_EVERY) {
                self.line(done, steps, Some(step.rate), None)?;
            }
            self.position.due = validate;
            let mut interrupted = false;
            if validate {
                match self.validated(&*learner, &mut report, (done, steps), count) {
                    // It is due when the run goes on.
                    Err(error) if error.is::<Stopped>() => interrupted = true,
                    validated => validated?,
                }
            }
            interrupted |= self.setup.interrupt.requested();
            if validate || interrupted || last_checkpoint.elapsed() > CHECKPOINT_EVERY {
                self.checkpoint(&*learner)?;
                last_checkpoint = Instant::now();
            }
            if interrupted {
                report.finish(&format!("stopped after step {done} of {steps}"));
                return Ok(false);
            }
        }
        let best = self.position.best.unwrap_or(0.0) * 100.0;
        report.finish(&format!("done, kept the weights with {best:.2} % on validation classes"));
        Ok(true)
    }

    /// The model's configuration at present.
    fn config(&self) -> ModelConfig {
        self.position.measured.applied_to(&self.setup.recipe.model)
    }

    /// Validates what the learner would give, keeps it where it is the best.
    fn validated(
        &mut self,
        learner: &dyn Learner,
        report: &mut Report,
        (done, steps): (usize, usize),
        hallucinate: usize,
    ) -> Result<()> {
        let mut result = learner.result(&self.live)?;
        // A frozen encoder keeps the mean that was fitted to all base pictures.
        if !self.is_frozen() {
            result = self.setup.centred(&self.config(), result)?;
            for live in std::iter::once(&self.live).chain(&self.copies) {
                let [live, centre] = [live, &result].map(|all| all.find(transform::MEAN));
                if let (Some(live), Some(centre)) = (live, centre) {
                    let centre = centre.detach().to_device(live.device())?;
                    Var::from_tensor(live)?.set(&centre)?;
                }
            }
        }
        let scores = self.validate(&result, hallucinate)?;
        self.keep_best(&result, &scores)?;
        self.line(done, steps, None, Some(&scores))?;
        report.validated(done, &words(&scores));
        self.position.due = false;
        Ok(())
    }

    fn validate(&mut self, parameters: &Parameters, hallucinate: usize) -> Result<Scores> {
        let (setup, config) = (&self.setup, self.config());
        let raw = match self.raw.take() {
            Some(raw) => raw,
            None => validate::raw(setup, &config, parameters)?,
        };
        let scores =
            Validated::of_raw(setup, &config, parameters, &raw)?.score(setup, hallucinate)?;
        self.raw = self.is_frozen().then_some(raw);
        Ok(scores)
    }

    /// Whether the present stage leaves the backbone as it is.
    fn is_frozen(&self) -> bool {
        self.setup.recipe.stage.get(self.position.stage).is_some_and(Stage::is_frozen)
    }

    /// Goes on from the best weights of the stage that has ended.
    fn next_stage(&mut self) -> Result<()> {
        let best = Checkpoint::from_bytes(&self.best).context("the best weights are gone")?;
        adopt(&self.live, &best.parameters)?;
        self.position.measured = Measured::of(&best.config);
        let last = self.position.stage + 1 == self.setup.recipe.stage.len();
        self.position.stage += 1;
        self.position.step = 0;
        self.position.window = (0, 0.0, 0.0);
        if !last {
            self.position.best = None;
        }
        self.position.seconds = self.seconds();
        self.kept = None;
        self.raw = None;
        self.write_state(Parameters::default())
    }

    fn seconds(&self) -> f64 {
        self.seconds_before + self.started.elapsed().as_secs_f64()
    }
}
