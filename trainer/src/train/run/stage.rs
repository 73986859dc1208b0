//! From a recipe's stage to what carries it out, and how long it is.

use anyhow::Result;

use super::Run;
use crate::recipe::Stage;
use crate::train::learner::Learner;
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

    pub(super) fn learner(&mut self, stage: &Stage) -> Result<Box<dyn Learner>> {
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
}

/// Hallucinated features a class in validation: while a generator learns.
pub(super) fn hallucinations(stage: &Stage, setup: &Setup) -> usize {
    if stage.teaches_generator() { setup.recipe.validation.hallucinate } else { 0 }
}
