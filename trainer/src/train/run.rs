//! One run under way: steps, validations, checkpoints.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use candle_core::Var;
use fewshot::{Checkpoint, Model, ModelConfig, Parameters, Precision, transform};
use serde_json::{Value, json};

use super::learner::Learner;
use super::report::Report;
use super::setup::Setup;
use super::validate::{Scores, Validated};
use super::{Outcome, curves, episodic, fit, hallucinate, pretrain};
use crate::interrupt::Interrupt;
use crate::recipe::Stage;
use crate::run_dir::RunDir;
use crate::run_dir::metrics::{self, Line};
use crate::run_dir::state::{Measured, Position, State};
use crate::{plot, weights, write};

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
    position: Position,
    /// What the learner of the present stage left, where a run goes on.
    kept: Option<Parameters>,
    started: Instant,
    seconds_before: f64,
    scores: Option<Scores>,
}

impl Run {
    pub fn new(setup: Setup, folder: RunDir, resume: bool) -> Result<Self> {
        let config = &setup.recipe.model;
        let (parameters, position, kept) = if resume {
            let state = State::read(&folder)?;
            metrics::cut(&folder, state.position.metrics_bytes)?;
            (state.model.to_device(&setup.device)?, state.position, Some(state.learner))
        } else {
            let mut fresh = Model::init(config, setup.recipe.seed, &setup.device)?;
            if let Some(path) = &setup.recipe.start {
                start_from(&mut fresh, config, path, &setup.device)?;
            }
            (fresh, Position { measured: Measured::of(config), ..Position::default() }, None)
        };
        let seconds_before = position.seconds;
        let live = parameters.to_variables()?;
        let started = Instant::now();
        Ok(Self { setup, folder, live, position, kept, started, seconds_before, scores: None })
    }

    /// All stages that are left.
    pub fn carry_out(mut self, interrupt: &Interrupt) -> Result<Outcome> {
        let stages = self.setup.recipe.stage.clone();
        if self.position.stage >= stages.len() {
            eprintln!("this run is finished; its weights are {}", self.folder.best().display());
        }
        while let Some(stage) = stages.get(self.position.stage) {
            let title = format!("{}/{} {}", self.position.stage + 1, stages.len(), stage.kind());
            let finished = match stage {
                Stage::Fit(stage) => self.fit(stage, &title)?,
                _ => self.learn(stage, &title, interrupt)?,
            };
            if !finished {
                return Ok(Outcome::Interrupted);
            }
            self.next_stage()?;
        }
        Ok(Outcome::Finished { score: self.position.best.unwrap_or(0.0) })
    }

    /// A stage without steps.
    fn fit(&mut self, stage: &crate::recipe::Fit, title: &str) -> Result<bool> {
        let report = Report::new(title.to_owned(), 1, 0);
        let fit::Fitted { parameters: fitted, config, scores } =
            fit::fit(stage, &self.setup, &self.config(), &self.live)?;
        adopt(&self.live, &fitted)?;
        self.position.measured = Measured::of(&config);
        self.position.step = 1;
        self.keep_best(&fitted, &scores)?;
        self.write_weights(&self.folder.last(), &fitted)?;
        self.line(1, 1, None, Some(&scores))?;
        let temperature = config.temperature_of(config.head);
        report.finish(&format!("temperature {temperature:.4}, {}", words(&scores)));
        Ok(true)
    }

    /// A stage of steps; false where it was interrupted.
    fn learn(&mut self, stage: &Stage, title: &str, interrupt: &Interrupt) -> Result<bool> {
        let (steps, validate_every) = self.lengths(stage);
        let count = hallucinations(stage, &self.setup);
        let mut learner = self.learner(stage)?;
        let mut report = Report::new(title.to_owned(), steps, self.position.step);
        if self.position.step == 0 && self.position.stage > 0 && self.position.best.is_none() {
            // What the earlier stages gave is what this one has to pass.
            self.validated(&*learner, &mut report, (0, steps), count)?;
        }
        let mut last_checkpoint = Instant::now();
        while self.position.step < steps {
            let step = learner.step(self.position.step)?;
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
            if validate {
                self.validated(&*learner, &mut report, (done, steps), count)?;
            }
            let interrupted = interrupt.requested();
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

    /// Steps of a stage, and between its validations.
    fn lengths(&self, stage: &Stage) -> (usize, usize) {
        match stage {
            Stage::Pretrain(stage) => {
                let epoch = pretrain::epoch_steps(stage, &self.setup);
                (stage.epochs * epoch, stage.validate_every * epoch)
            }
            Stage::Episodic(stage) => (stage.episodes, stage.validate_every),
            Stage::Hallucinate(stage) => (stage.episodes, stage.validate_every),
            Stage::Fit(_) => (1, 1),
        }
    }

    fn learner(&mut self, stage: &Stage) -> Result<Box<dyn Learner>> {
        let kept = self.kept.take().filter(|_| self.position.step > 0);
        let (kept, from, index) = (kept.as_ref(), self.position.step, self.position.stage);
        let (setup, live, config) = (&self.setup, &self.live, &self.config());
        Ok(match stage {
            Stage::Pretrain(stage) => {
                Box::new(pretrain::Pretraining::new(stage, setup, index, config, live, from, kept)?)
            }
            Stage::Episodic(stage) => {
                Box::new(episodic::Episodes::new(stage, setup, index, config, live, from, kept)?)
            }
            Stage::Hallucinate(stage) => {
                Box::new(hallucinate::Hallucinations::new(stage, setup, index, config, live, kept)?)
            }
            Stage::Fit(_) => anyhow::bail!("a fit takes no steps"),
        })
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
        let stage = self.setup.recipe.stage.get(self.position.stage);
        // A frozen encoder keeps the mean that was fitted to all base pictures.
        if matches!(stage, Some(Stage::Pretrain(_) | Stage::Episodic(_))) {
            result = self.setup.centred(&self.config(), result)?;
            let [live, centre] = [&self.live, &result].map(|all| all.find(transform::MEAN));
            if let (Some(live), Some(centre)) = (live, centre) {
                Var::from_tensor(live)?.set(&centre.detach())?;
            }
        }
        let scores = self.validate(&result, hallucinate)?;
        self.keep_best(&result, &scores)?;
        self.line(done, steps, None, Some(&scores))?;
        report.validated(done, &words(&scores));
        Ok(())
    }

    fn validate(&self, parameters: &Parameters, hallucinate: usize) -> Result<Scores> {
        Validated::new(&self.setup, &self.config(), parameters)?.score(&self.setup, hallucinate)
    }

    fn keep_best(&mut self, parameters: &Parameters, scores: &Scores) -> Result<()> {
        let criterion = scores.criterion();
        self.scores = Some(scores.clone());
        if self.position.best.is_none_or(|best| criterion > best) {
            self.position.best = Some(criterion);
            self.write_weights(&self.folder.best(), parameters)?;
        }
        Ok(())
    }

    fn write_weights(&self, path: &std::path::Path, parameters: &Parameters) -> Result<()> {
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
        if let Some(scores) = &self.scores {
            put("validation", json!(named(scores)));
        }
        let checkpoint =
            Checkpoint { config: self.config(), provenance, parameters: parameters.clone() };
        let bytes = checkpoint.to_bytes(Precision::F32).context("the weights cannot be kept")?;
        write::atomically(path, &bytes)
    }

    /// Everything needed to go on, and the present weights.
    fn checkpoint(&mut self, learner: &dyn Learner) -> Result<()> {
        self.position.seconds = self.seconds();
        let result = learner.result(&self.live)?;
        self.write_weights(&self.folder.last(), &result)?;
        let state = State {
            position: self.position.clone(),
            model: self.live.clone(),
            learner: learner.state(),
        };
        state.write(&self.folder)
    }

    /// Goes on from the best weights of the stage that has ended.
    fn next_stage(&mut self) -> Result<()> {
        let best = weights::read(&self.folder.best())?;
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
        let state = State {
            position: self.position.clone(),
            model: self.live.clone(),
            learner: Parameters::default(),
        };
        state.write(&self.folder)
    }

    /// A line of metrics: the steps since the last one, or a validation.
    fn line(
        &mut self,
        step: usize,
        steps: usize,
        rate: Option<f32>,
        scores: Option<&Scores>,
    ) -> Result<()> {
        let stage = self.position.stage;
        let mut line = Line {
            stage: stage + 1,
            kind: self.setup.recipe.stage[stage].kind().to_owned(),
            step,
            steps,
            seconds: (self.seconds() * 10.0).round() / 10.0,
            lr: rate,
            validation: scores.map(named).unwrap_or_default(),
            ..Line::default()
        };
        let (count, loss, accuracy) = self.position.window;
        if rate.is_some() && count > 0 {
            line.loss = Some(loss / count as f64);
            line.accuracy = Some(accuracy / count as f64);
            self.position.window = (0, 0.0, 0.0);
        }
        self.position.metrics_bytes = metrics::append(&self.folder, &line)?;
        if scores.is_some() {
            self.draw();
        }
        Ok(())
    }

    /// Draws the curves. Training that can go on does not end for want of them.
    fn draw(&self) {
        let drawn = metrics::read(&self.folder).and_then(|lines| {
            let figure = curves::figure(&self.setup.recipe.name, &lines);
            plot::save(&figure, &self.folder.file("curves.svg"))
        });
        if let Err(error) = drawn {
            eprintln!("{}", crate::output::one_line(&format!("{error:#}; training goes on")));
        }
    }

    fn seconds(&self) -> f64 {
        self.seconds_before + self.started.elapsed().as_secs_f64()
    }
}

/// Replaces fresh tensors by those of a file, wherever name and shape are the
/// same; the encoder's must be.
fn start_from(
    fresh: &mut Parameters,
    config: &ModelConfig,
    path: &std::path::Path,
    device: &candle_core::Device,
) -> Result<()> {
    let given = weights::read(path)?;
    let mut taken = Parameters::default();
    for (name, tensor) in fresh.iter() {
        match given.parameters.find(name) {
            Some(found) if found.dims() == tensor.dims() => {
                taken.insert(name, found.to_device(device)?);
            }
            found if name.starts_with("encoder.") => anyhow::bail!(
                "training cannot start from {}: {name} is {}, the recipe's model has {:?}; set \
                 model.encoder and model.image as in that file (`fewshot info` shows them)",
                path.display(),
                found.map_or_else(|| "not there".to_owned(), |found| format!("{:?}", found.dims())),
                tensor.dims()
            ),
            _ => {}
        }
    }
    let [here, there] = [config, &given.config].map(|config| &config.image);
    if here != there {
        eprintln!(
            "note: {} prepared its pictures differently; the recipe's model.image holds",
            path.display()
        );
    }
    fresh.extend(taken);
    Ok(())
}

/// Hallucinated features a class in validation: while a generator learns.
fn hallucinations(stage: &Stage, setup: &Setup) -> usize {
    if stage.teaches_generator() { setup.recipe.validation.hallucinate } else { 0 }
}

/// Sets every variable of `live` that `given` has.
fn adopt(live: &Parameters, given: &Parameters) -> Result<()> {
    for (name, tensor) in live.iter() {
        if let Some(given) = given.find(name) {
            let given = given.detach().to_device(tensor.device())?;
            // A copy: setting a variable to itself would lock its storage twice.
            Var::from_tensor(tensor)?.set(&given.copy()?)?;
        }
    }
    Ok(())
}

/// `val_1shot` and so on.
fn named(scores: &Scores) -> BTreeMap<String, f64> {
    let mut names = BTreeMap::new();
    for (index, shots) in scores.shots.iter().enumerate() {
        names.insert(format!("val_{shots}shot"), scores.plain[index]);
        if let Some(hallucinated) = &scores.hallucinated {
            names.insert(format!("val_{shots}shot_hallucinated"), hallucinated[index]);
        }
    }
    names
}

/// `1-shot 61.2 %, 5-shot 78.0 %`.
fn words(scores: &Scores) -> String {
    let each = |(index, shots): (usize, &usize)| {
        let plain = format!("{shots}-shot {:.2} %", scores.plain[index] * 100.0);
        match &scores.hallucinated {
            Some(with) => format!("{plain} ({:.2} hallucinating)", with[index] * 100.0),
            None => plain,
        }
    };
    scores.shots.iter().enumerate().map(each).collect::<Vec<_>>().join(", ")
}
