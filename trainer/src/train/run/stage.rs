//! From a recipe's stage to what carries it out, and how long it is.

use anyhow::{Result, bail};
use fewshot::Parameters;

use super::Run;
use crate::recipe::Stage;
use crate::train::learner::{Learner, Start};
use crate::train::parallel::{self, Replicas, Share};
use crate::train::setup::Setup;
use crate::train::{episodic, hallucinate, pretrain};

impl Run {
    /// Steps of a stage, and between its validations.
    pub(super) fn lengths(&self, stage: &Stage) -> (usize, usize) {
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

    /// What carries a stage out: on the run's device, or where it is divided, on all.
    pub(super) fn learner(&mut self, stage: &Stage) -> Result<Box<dyn Learner>> {
        let kept = self.kept.take().filter(|_| self.position.step > 0);
        let (from, index, config) = (self.position.step, self.position.stage, self.config());
        let start = move |setup: &Setup, live: &Parameters, stage: &Stage, share: &Share| {
            let (kept, config) = (kept.as_ref(), &config);
            one_learner(stage, Start { setup, index, config, live, from, kept, share })
        };
        self.copies.clear();
        if !parallel::is_divided(stage, &self.setup.devices) {
            return start(&self.setup, &self.live, stage, &Share::whole());
        }
        let mut places = Vec::new();
        for (rank, device) in self.setup.devices.iter().enumerate() {
            // The first replica moves the variables of the run, the others copies.
            if rank > 0 {
                self.copies.push(self.live.to_device(device)?.to_variables()?);
            }
            let live = self.copies.last().unwrap_or(&self.live).clone();
            places.push((self.setup.on(device), live));
        }
        let stage = stage.clone();
        let replicas = Replicas::start(&self.setup.devices, move |share| {
            let (setup, live) = &places[share.part.rank];
            start(setup, live, &stage, &share)
        })?;
        Ok(Box::new(replicas))
    }
}

fn one_learner(stage: &Stage, start: Start<'_>) -> Result<Box<dyn Learner>> {
    Ok(match stage {
        Stage::Pretrain(stage) => Box::new(pretrain::Pretraining::new(stage, start)?),
        Stage::Episodic(stage) => Box::new(episodic::Episodes::new(stage, start)?),
        Stage::Hallucinate(stage) => Box::new(hallucinate::Hallucinations::new(stage, start)?),
        Stage::Fit(_) => bail!("a fit takes no steps"),
    })
}

/// Hallucinated features a class in validation: while a generator learns.
pub(super) fn hallucinations(stage: &Stage, setup: &Setup) -> usize {
    if stage.teaches_generator() { setup.recipe.validation.hallucinate } else { 0 }
}
