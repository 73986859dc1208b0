//! Whether queries are answered each by itself or looked at together.
//!
//! [`scores`] is the one way from a support and queries to scores. Looking at
//! queries together gives better answers where many are asked at once, and
//! answers that change with what else is asked: off unless asked for, and
//! labelled wherever it is on.

use std::{fmt, str::FromStr};

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Head, Result, Support,
    head::probabilities,
    kernels::arithmetic::{mean_keepdim, sub},
    kernels::rows::join,
};

/// Rounds of guessing in [`Context::Transductive`]; the guesses settle in about half as many.
const ROUNDS: usize = 10;
/// What a query counts beside a real picture once its class is guessed.
const QUERY_WEIGHT: f32 = 0.5;

/// What a query's answer may depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Context {
    /// The query and the support alone.
    #[default]
    Inductive,
    /// All queries: features centred by support and queries together. Right
    /// where every class is asked for about equally often.
    Centred,
    /// All queries: each is added to the support with the classes it is guessed
    /// to be, the features are centred by the mean of the class means, and the
    /// head is fitted anew, some times over (soft k-means as in Ren et al. 2018,
    /// "Meta-learning for semi-supervised few-shot classification", section
    /// 3.1.1, with any head). The mean of class means does not move with how
    /// often each class is asked for.
    Transductive,
}

impl Context {
    /// Every context, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Inductive, Self::Centred, Self::Transductive];
}

/// The score of each query for each class, the higher the likelier.
///
/// `temperature` turns scores into the guesses of [`Context::Transductive`] and
/// plays no part otherwise.
///
/// # Shapes
/// - queries: (Q, D)
/// - output: (Q, N)
///
/// # Errors
/// If D differs or the features are not finite.
pub fn scores(
    context: Context,
    head: Head,
    temperature: f32,
    support: &Support,
    queries: &Tensor,
) -> Result<Tensor> {
    let inductive = || head.fit(support)?.scores(queries);
    if queries.dims2()?.0 == 0 {
        return inductive();
    }
    match context {
        Context::Inductive => inductive(),
        Context::Centred => {
            let all = join([support.features(), queries])?;
            let centre = mean_keepdim(&all, 0)?;
            head.fit(&support.moved(&centre)?)?.scores(&sub(queries, &centre)?)
        }
        Context::Transductive => {
            let mut scores = inductive()?;
            for _ in 0..ROUNDS {
                let guesses = probabilities(&scores, temperature)?;
                let joined = support.with_rows(queries, guesses, QUERY_WEIGHT)?;
                let centre = joined.centre()?;
                scores = head.fit(&joined.moved(&centre)?)?.scores(&sub(queries, &centre)?)?;
            }
            Ok(scores)
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inductive => "inductive",
            Self::Centred => "centred",
            Self::Transductive => "transductive",
        })
    }
}

impl FromStr for Context {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|context| context.to_string() == name).ok_or(Error::Argument {
            what: "the context",
            actual: name.into(),
            expected: "one of inductive, centred, transductive",
        })
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::{Distance, rng};

    fn draw(stream: u64, shape: (usize, usize, usize)) -> Result<Tensor> {
        rng::normal(&mut rng::rng(6, stream), shape, &Device::Cpu)
    }

    /// Accuracy over episodes of two overlapping classes, `counts` queries of each.
    fn accuracy(context: Context, head: Head, counts: [usize; 2]) -> Result<f64> {
        let (mut right, mut all) = (0, 0);
        for episode in 0..60 {
            let centres = (draw(1000 + episode, (2, 1, 24))? * 0.55)?;
            let of_way = |way: usize, stream: u64, count: usize| -> Result<Tensor> {
                let spread = draw(stream + 10 * episode, (1, count, 24))?.squeeze(0)?;
                Ok(spread.broadcast_add(&centres.get(way)?)?)
            };
            let support = Support::new(&[of_way(0, 1, 1)?, of_way(1, 2, 1)?])?;
            let queries = [of_way(0, 3, counts[0])?, of_way(1, 4, counts[1])?];
            let queries = Tensor::cat(&queries, 0)?;
            let labels = scores(context, head, 1.0, &support, &queries)?.argmax(1)?;
            for (row, label) in labels.to_vec1::<u32>()?.into_iter().enumerate() {
                right += usize::from((label == 1) == (row >= counts[0]));
                all += 1;
            }
        }
        Ok(right as f64 / all as f64)
    }

    #[test]
    fn many_queries_help_each_other_balanced_or_not() -> Result<()> {
        let head = Head::Prototype(Distance::L2);
        for counts in [[20, 20], [32, 8]] {
            let alone = accuracy(Context::Inductive, head, counts)?;
            let together = accuracy(Context::Transductive, head, counts)?;
            assert!(together > alone + 0.02, "{counts:?}: {alone} {together}");
        }
        Ok(())
    }

    #[test]
    fn inductive_answers_do_not_depend_on_what_else_is_asked() -> Result<()> {
        let support = Support::of_episode(&draw(1, (3, 2, 8))?)?;
        let queries = draw(2, (1, 6, 8))?.squeeze(0)?;
        for head in [Head::Prototype(Distance::Cosine), Head::Ridge { lambda: 0.2, gamma: 0.0 }] {
            let of = |context, queries: &Tensor| -> Result<Vec<Vec<f32>>> {
                Ok(scores(context, head, 1.0, &support, queries)?.to_vec2()?)
            };
            let first = queries.narrow(0, 0, 1)?;
            let all = of(Context::Inductive, &queries)?;
            assert_eq!(all[0], of(Context::Inductive, &first)?[0]);
            for context in [Context::Centred, Context::Transductive] {
                assert_ne!(of(context, &queries)?[0], of(context, &first)?[0], "{context}");
                let none = queries.narrow(0, 0, 0)?;
                assert!(of(context, &none)?.is_empty());
            }
        }
        for context in Context::ALL {
            assert_eq!(context.to_string().parse::<Context>()?, context);
        }
        Ok(())
    }
}
