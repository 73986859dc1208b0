//! What predictions of the same classes share: prototypes and the support as one tensor.

use candle_core::Tensor;

use super::Classifier;
use crate::{Error, Result, prototype};

/// Valid until a class, a picture, M or the seed changes.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    /// K of each class that takes part.
    pub(super) shots: Vec<usize>,
    /// Every support feature, (N K, D), class by class.
    pub(super) support: Tensor,
    /// For each row of `support`: the class among those that take part, and the picture.
    pub(super) owners: Vec<(usize, String)>,
    /// Means of real features, (N, D).
    pub(super) plain: Tensor,
    /// Hallucinated features of each class, (N, M, D); none where M is 0.
    pub(super) hallucinated: Option<Tensor>,
    /// With the hallucinated features, (N, D).
    pub(super) prototypes: Tensor,
}

impl Classifier {
    /// The shared part of all predictions, computed where it is not at hand.
    pub(super) fn prepared(&mut self) -> Result<&Prepared> {
        let prepared = match self.prepared.take() {
            Some(prepared) => prepared,
            None => self.prepare()?,
        };
        Ok(self.prepared.insert(prepared))
    }

    fn prepare(&mut self) -> Result<Prepared> {
        let (count, seed) = (self.settings.hallucinations, self.settings.seed);
        let generator = self.generator.as_ref().filter(|_| count > 0);
        let weight = generator.and_then(|generator| generator.config().hallucinated_weight);
        let active = self.classes.iter_mut().filter(|class| !class.content.examples.is_empty());
        let (mut support, mut hallucinated) = (Vec::new(), Vec::new());
        let (mut plain, mut prototypes) = (Vec::new(), Vec::new());
        let mut owners = Vec::new();
        for (index, class) in active.enumerate() {
            let real = class.content.features()?;
            let mean = prototype::mean(&real.unsqueeze(0)?)?;
            if let Some(generator) = generator {
                let made = class.hallucinate(generator, count, seed)?.unsqueeze(0)?;
                let real = real.unsqueeze(0)?;
                prototypes.push(prototype::with_hallucinated(&real, &made, weight)?);
                hallucinated.push(made);
            } else {
                prototypes.push(mean.clone());
            }
            owners.extend(class.content.examples.iter().map(|e| (index, e.id.clone())));
            plain.push(mean);
            support.push(real);
        }
        if support.is_empty() {
            return Err(Error::NoExamples);
        }
        Ok(Prepared {
            shots: support.iter().map(|real| real.dims()[0]).collect(),
            support: Tensor::cat(&support, 0)?,
            owners,
            plain: Tensor::cat(&plain, 0)?,
            hallucinated: generator.map(|_| Tensor::cat(&hallucinated, 0)).transpose()?,
            prototypes: Tensor::cat(&prototypes, 0)?,
        })
    }
}
