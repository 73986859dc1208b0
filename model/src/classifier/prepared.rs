//! What predictions of the same classes share: supports and the heads fitted to them.

use candle_core::Tensor;

use super::Classifier;
use crate::{Context, Error, Fitted, Result, Support, context, kernels::rows::stack};

/// Valid until a class, a picture or a setting changes.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    /// K of each class that takes part.
    pub(super) shots: Vec<usize>,
    /// For each real feature: the class among those that take part, and the picture.
    pub(super) owners: Vec<(usize, String)>,
    /// Means of real features, (N, D).
    pub(super) means: Tensor,
    /// The real features alone.
    pub(super) plain: Learned,
    /// Hallucinated features of each class, (N, M, D), and what is learned with
    /// them; none where M is 0.
    pub(super) hallucinated: Option<(Tensor, Learned)>,
}

/// A support and, where queries are answered each by itself, the head fitted to it.
#[derive(Clone, Debug)]
pub(super) struct Learned {
    pub(super) support: Support,
    fitted: Option<Fitted>,
}

impl Prepared {
    /// With hallucinated features, where there are some.
    pub(super) fn learned(&self) -> &Learned {
        self.hallucinated.as_ref().map_or(&self.plain, |(_made, learned)| learned)
    }
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

    /// The head fitted to all that was learned, hallucinations too: for whoever computes
    /// answers elsewhere.
    ///
    /// # Errors
    /// [`Error::NoExamples`] where no class has a picture; where queries are looked at
    /// together, since no head is fitted before they are there.
    pub fn fitted(&mut self) -> Result<&Fitted> {
        let context = self.settings.context;
        let fitted = self.prepared()?.learned().fitted.as_ref();
        fitted.ok_or_else(|| Error::Argument {
            what: "the context of a head that is fitted beforehand",
            actual: context.to_string(),
            expected: "inductive",
        })
    }

    /// Scores of queries by what was learned, (Q, D) to (Q, N).
    pub(super) fn scores(&self, learned: &Learned, queries: &Tensor) -> Result<Tensor> {
        match &learned.fitted {
            Some(fitted) => fitted.scores(queries),
            None => {
                let (context, temperature) = (self.settings.context, self.settings.temperature);
                context::scores(context, self.head(), temperature, &learned.support, queries)
            }
        }
    }

    fn learn(&self, support: Support) -> Result<Learned> {
        let alone = self.settings.context == Context::Inductive;
        let fitted = alone.then(|| self.head().fit(&support)).transpose()?;
        Ok(Learned { support, fitted })
    }

    fn prepare(&mut self) -> Result<Prepared> {
        let (count, seed) = (self.settings.hallucinations, self.settings.seed);
        let generator = self.generator.as_ref().filter(|_| count > 0);
        let weight = generator.and_then(|generator| generator.config().hallucinated_weight);
        let active = self.classes.iter_mut().filter(|class| !class.content.examples.is_empty());
        let (mut real, mut made, mut owners) = (Vec::new(), Vec::new(), Vec::new());
        for (index, class) in active.enumerate() {
            real.push(class.content.features()?);
            if let Some(generator) = generator {
                made.push(class.hallucinate(generator, count, seed)?);
            }
            owners.extend(class.content.examples.iter().map(|e| (index, e.id.clone())));
        }
        if real.is_empty() {
            return Err(Error::NoExamples);
        }
        let support = Support::new(&real)?;
        let hallucinated = if made.is_empty() {
            None
        } else {
            let made = stack(&made)?;
            let learned = self.learn(support.with_hallucinated(&made, weight)?)?;
            Some((made, learned))
        };
        Ok(Prepared {
            shots: real.iter().map(|real| real.dims()[0]).collect(),
            owners,
            means: support.means()?,
            plain: self.learn(support)?,
            hallucinated,
        })
    }
}
