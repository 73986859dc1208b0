//! Episodes over pictures that are already embedded: the one evaluation behind
//! `fewshot eval` and the page.
//!
//! Embedding each picture once and scoring thousands of episodes on the features
//! is what makes 10,000 episodes cheap. Drawing the episodes is
//! [`crate::EpisodeSampler`]'s part, means and intervals are [`crate::metrics`]'.

use candle_core::Tensor;
use rand::Rng as _;

use crate::{
    Context, Episode, Error, Generator, Head, ModelConfig, Result, Support, context,
    kernels::arithmetic::take_rows,
    kernels::rows::{join, stack},
    metrics, rng,
};

/// How episodes are scored.
#[derive(Clone, Debug)]
pub struct Evaluator<'a> {
    /// Needed where anything is hallucinated.
    pub generator: Option<&'a Generator>,
    /// What is fitted to the support of each episode.
    pub head: Head,
    /// Whether the queries of an episode are looked at together.
    pub context: Context,
    /// The head's; where queries are looked at together, it turns scores into guesses.
    pub temperature: f32,
    /// Each M to score; the same noise serves all, so their differences are paired.
    pub hallucinations: &'a [usize],
    /// Draws which support picture is hallucinated from, and the noise.
    pub seed: u64,
}

/// The answers to the queries of one episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// `predicted[way][i]`: the way that query i of this way was taken for, none
    /// where two share the highest score.
    pub predicted: Vec<Vec<Option<usize>>>,
}

impl Outcome {
    /// The share of right answers; an undecided one is wrong.
    pub fn accuracy(&self) -> f64 {
        let answers = self.predicted.iter().enumerate();
        let (mut right, mut all) = (0usize, 0usize);
        for (way, answers) in answers {
            right += answers.iter().filter(|answer| **answer == Some(way)).count();
            all += answers.len();
        }
        if all == 0 { 0.0 } else { right as f64 / all as f64 }
    }
}

impl<'a> Evaluator<'a> {
    /// Episodes as the model answers unless it is asked otherwise.
    pub fn of(
        config: &ModelConfig,
        generator: Option<&'a Generator>,
        hallucinations: &'a [usize],
        seed: u64,
    ) -> Self {
        Self {
            generator,
            head: config.own_head(),
            context: Context::Inductive,
            temperature: config.temperature_of(config.head),
            hallucinations,
            seed,
        }
    }

    /// Answers to the queries of episode `number`, once for each M.
    ///
    /// # Shapes
    /// - features: for each class, (images, D), f32, on one device
    ///
    /// # Errors
    /// As [`Self::scores`].
    pub fn episode(
        &self,
        features: &[Tensor],
        episode: &Episode,
        number: u64,
    ) -> Result<Vec<Outcome>> {
        let outcome = |scores: Tensor| -> Result<Outcome> {
            let rows = scores.to_vec2::<f32>()?;
            let mut decided = rows.iter().map(|row| metrics::decide(row));
            let of_way = |queries: &Vec<usize>| decided.by_ref().take(queries.len()).collect();
            Ok(Outcome { predicted: episode.query.iter().map(of_way).collect() })
        };
        self.scores(features, episode, number)?.into_iter().map(outcome).collect()
    }

    /// The scores of the queries of episode `number`, once for each M: (Q, N),
    /// the queries of all ways one after the other.
    ///
    /// # Shapes
    /// - features: for each class, (images, D), f32, on one device
    ///
    /// # Errors
    /// [`Error::NoGenerator`] where an M is above 0 without a generator; if the
    /// episode's indices are out of range.
    pub fn scores(
        &self,
        features: &[Tensor],
        episode: &Episode,
        number: u64,
    ) -> Result<Vec<Tensor>> {
        let real = rows(features, &episode.classes, &episode.support)?;
        let queries = ragged_rows(features, &episode.classes, &episode.query)?;
        let support = Support::of_episode(&real)?;
        let most = self.hallucinations.iter().copied().max().unwrap_or(0);
        let made = if most == 0 { None } else { Some(self.hallucinate(&real, most, number)?) };
        let scores = |count: &usize| -> Result<Tensor> {
            let support = match &made {
                Some((made, weight)) => {
                    &support.with_hallucinated(&made.narrow(1, 0, *count)?, *weight)?
                }
                None => &support,
            };
            context::scores(self.context, self.head, self.temperature, support, &queries)
        };
        self.hallucinations.iter().map(scores).collect()
    }

    /// How far the hallucinated features of an episode's classes spread beside
    /// their real ones: the total variance of `count` hallucinations, and that of
    /// all of the class's features, each the mean over the ways. A generator that
    /// has collapsed gives 0 for the first.
    ///
    /// # Shapes
    /// - features: for each class, (images, D), f32, on one device
    ///
    /// # Errors
    /// As [`Self::episode`]; if `count` or a class's number of images is below 2.
    pub fn spread(
        &self,
        features: &[Tensor],
        episode: &Episode,
        number: u64,
        count: usize,
    ) -> Result<[f32; 2]> {
        let support = rows(features, &episode.classes, &episode.support)?;
        let (made, _weight) = self.hallucinate(&support, count, number)?;
        let variance = |rows: &Tensor| -> Result<f32> { Ok(rows.var(0)?.sum_all()?.to_scalar()?) };
        let mut sums = [0.0; 2];
        for (way, &class) in episode.classes.iter().enumerate() {
            sums[0] += variance(&made.get(way)?)?;
            sums[1] += variance(&features[class])?;
        }
        Ok(sums.map(|sum| sum / episode.classes.len().max(1) as f32))
    }

    /// (N, M, D) from one drawn support feature of each way, and their weight in
    /// the prototype. The noise of each way is a stream of its own, drawn m by m,
    /// so that a larger M begins with the same ones.
    fn hallucinate(
        &self,
        support: &Tensor,
        count: usize,
        number: u64,
    ) -> Result<(Tensor, Option<f32>)> {
        let generator = self.generator.ok_or(Error::NoGenerator)?;
        let (ways, shots, dim) = support.dims3()?;
        let mut noise = Vec::with_capacity(ways * count * dim);
        let mut drawn = Vec::with_capacity(ways);
        for way in 0..ways {
            let words = ["episode", &number.to_string(), &way.to_string()];
            let mut rng = rng::rng(self.seed, rng::stream_of(&words));
            drawn.push(rng.random_range(0..shots));
            noise.extend(rng::normal_values(&mut rng, count * dim));
        }
        let noise = Tensor::from_vec(noise, (ways, count, dim), support.device())?;
        let mut drawn = drawn.into_iter();
        let seeds = generator.seeds(support, |_shots| drawn.next().unwrap_or(0))?;
        let made = generator.hallucinate(&seeds, &noise)?;
        Ok((made, generator.config().hallucinated_weight))
    }
}

/// The picked images of each way, (N, K, D).
pub(crate) fn rows(
    features: &[Tensor],
    classes: &[usize],
    picked: &[Vec<usize>],
) -> Result<Tensor> {
    let ways = classes.iter().zip(picked);
    let ways = ways.map(|(class, images)| take(&features[*class], images));
    stack(&ways.collect::<Result<Vec<_>>>()?)
}

/// The picked images of all ways one after the other, (Q, D).
fn ragged_rows(features: &[Tensor], classes: &[usize], picked: &[Vec<usize>]) -> Result<Tensor> {
    let ways = classes.iter().zip(picked);
    let ways = ways.map(|(class, images)| take(&features[*class], images));
    join(&ways.collect::<Result<Vec<_>>>()?)
}

/// The given rows of one class, (K, D).
fn take(features: &Tensor, rows: &[usize]) -> Result<Tensor> {
    let (images, _dim) = features.dims2()?;
    if let Some(row) = rows.iter().find(|row| **row >= images) {
        return Err(Error::Argument {
            what: "an image of the episode",
            actual: row.to_string(),
            expected: "one of the class's images",
        });
    }
    take_rows(features, rows)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::{Control, Distance, EpisodeSampler, EpisodeShape, Model, config::tests::tiny};

    fn evaluator<'a>(
        generator: Option<&'a Generator>,
        hallucinations: &'a [usize],
        seed: u64,
    ) -> Evaluator<'a> {
        let (head, context) = (Head::Prototype(Distance::L2), Context::Inductive);
        Evaluator { generator, head, context, temperature: 1.0, hallucinations, seed }
    }

    /// Ten classes of 20 features around far-apart centres.
    fn clusters(spread: f64) -> Vec<Tensor> {
        let draw = |class: u64, count: usize| {
            rng::normal(&mut rng::rng(3, class), (count, 32), &Device::Cpu).unwrap()
        };
        let centre = |class| (draw(100 + class, 1) * 3.0).unwrap();
        (0..10)
            .map(|class| (draw(class, 20) * spread).unwrap().broadcast_add(&centre(class)).unwrap())
            .collect()
    }

    fn mean_accuracy(evaluator: &Evaluator, features: &[Tensor], index: usize) -> Result<f64> {
        let shape = EpisodeShape { ways: 5, shots: 2, queries: 6 };
        let sampler = EpisodeSampler::new(vec![20; 10], shape, 7)?;
        let mut sum = 0.0;
        for number in 0..40 {
            let outcomes = evaluator.episode(features, &sampler.episode(number), number)?;
            sum += outcomes[index].accuracy();
        }
        Ok(sum / 40.0)
    }

    #[test]
    fn separate_classes_are_told_apart_and_equal_ones_never_look_right() -> Result<()> {
        let evaluator = evaluator(None, &[0], 0);
        assert!(mean_accuracy(&evaluator, &clusters(0.1), 0)? > 0.99);
        let noise = mean_accuracy(&evaluator, &clusters(1000.0), 0)?;
        assert!((noise - 0.2).abs() < 0.05, "{noise}");
        let collapsed = vec![Tensor::ones((20, 32), candle_core::DType::F32, &Device::Cpu)?; 10];
        assert_eq!(mean_accuracy(&evaluator, &collapsed, 0)?, 0.0);
        Ok(())
    }

    #[test]
    fn spread_is_the_variance_of_what_is_made_and_of_what_is_real() -> Result<()> {
        let config = tiny(32, 3);
        let model = Model::new(config.clone(), &Model::init(&config, 1, &Device::Cpu)?)?;
        let generator = model.generator.unwrap();
        let sampler =
            EpisodeSampler::new(vec![20; 10], EpisodeShape { ways: 5, shots: 1, queries: 1 }, 7)?;
        let spread = |control| -> Result<[f32; 2]> {
            let generator = generator.clone().with_control(control);
            let evaluator = evaluator(Some(&generator), &[], 0);
            evaluator.spread(&clusters(2.0), &sampler.episode(0), 0, 200)
        };
        let [jitter, real] = spread(Control::Jitter)?;
        assert!((jitter / 32.0 - 1.0).abs() < 0.1, "unit noise in 32 dimensions: {jitter}");
        assert!((real / 128.0 - 1.0).abs() < 0.2, "deviation 2 in 32 dimensions: {real}");
        let [still, _] = spread(Control::NoiseOff)?;
        assert!(still < 1e-6, "rounding at most: {still}");
        Ok(())
    }

    #[test]
    fn each_m_scores_as_it_does_alone() -> Result<()> {
        let config = tiny(32, 3);
        let parameters = Model::init(&config, 1, &Device::Cpu)?;
        let model = Model::new(config, &parameters)?;
        let features = clusters(2.0);
        let accuracy = |hallucinations: &[usize], index| -> Result<f64> {
            let evaluator = evaluator(model.generator.as_ref(), hallucinations, 5);
            mean_accuracy(&evaluator, &features, index)
        };
        for (index, count) in [0, 3, 10].into_iter().enumerate() {
            assert_eq!(accuracy(&[0, 3, 10], index)?, accuracy(&[count], 0)?, "M = {count}");
        }
        assert_ne!(accuracy(&[0], 0)?, accuracy(&[10], 0)?, "an untrained generator does harm");
        let without = evaluator(None, &[1], 0);
        assert!(matches!(mean_accuracy(&without, &features, 0), Err(Error::NoGenerator)));
        Ok(())
    }
}
