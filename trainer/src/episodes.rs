//! The trusted protocol over a whole split: every core runs episodes of
//! [`fewshot::episode::Evaluator`], the same that the page runs.
//!
//! An episode's result depends on (seed, number) alone, so threads change
//! nothing. Embedding, and what is printed, are not here.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor};
use fewshot::episode::{Evaluator, Outcome};
use fewshot::metrics::{self, Confusion, Interval};
use fewshot::{Episode, EpisodeSampler, Error, rejection};
use rayon::prelude::*;

/// Enough for a ratio of variances, each over thousands of numbers.
const SPREAD_EPISODES: usize = 200;

/// The features of each class, from those of a whole split.
///
/// # Shapes
/// - features: (images, D), class after class
/// - output: for each class, (its images, D)
///
/// # Errors
/// Where the sizes add up to more than there are.
pub fn by_class(features: &Tensor, class_sizes: &[usize]) -> Result<Vec<Tensor>> {
    let mut start = 0;
    let mut classes = Vec::with_capacity(class_sizes.len());
    for &size in class_sizes {
        classes.push(features.narrow(0, start, size)?);
        start += size;
    }
    Ok(classes)
}

/// The same on the host, where every core runs episodes: without hallucinations
/// an episode is a handful of small products, and on a GPU, one after the other,
/// takes longer to launch than to compute.
///
/// # Errors
/// Where a GPU fails.
pub fn on_host(features: &[Tensor]) -> Result<Vec<Tensor>> {
    features.iter().map(|class| Ok(class.to_device(&Device::Cpu)?)).collect()
}

/// Accuracy of episodes `0..episodes` for each M of the evaluator:
/// `result[i][episode]`, fractions. `progress` is called with the number of
/// episodes done, from several threads.
///
/// Which class was taken for which at the last M is counted in `confusion`, of
/// as many classes as there are; queries that two ways share are left out.
///
/// # Shapes
/// - features: for each class, (images, D), f32, on the generator's device
///
/// # Errors
/// [`Error::NoGenerator`] where an M is above 0 without a generator; where the
/// features do not fit the sampler or the generator.
pub fn accuracies(
    evaluator: &Evaluator,
    features: &[Tensor],
    sampler: &EpisodeSampler,
    episodes: usize,
    confusion: Option<&mut Confusion>,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Vec<f64>>> {
    let hallucinates = evaluator.hallucinations.iter().any(|&count| count > 0);
    ensure!(!hallucinates || evaluator.generator.is_some(), Error::NoGenerator);
    let features = if hallucinates { features.to_vec() } else { on_host(features)? };
    let done = AtomicUsize::new(0);
    let counts = confusion.is_some();
    let by_episode = each_episode(&features, episodes, |number| {
        let episode = sampler.episode(number);
        let outcomes = evaluator.episode(&features, &episode, number)?;
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        let accuracies: Vec<f64> = outcomes.iter().map(Outcome::accuracy).collect();
        let last = outcomes.last().filter(|_| counts);
        Ok((accuracies, last.map_or_else(Vec::new, |last| decided(&episode, last))))
    })?;
    if let Some(confusion) = confusion {
        let decided = by_episode.iter().flat_map(|(_, decided)| decided);
        decided.for_each(|&(truth, taken_for)| confusion.record(truth, taken_for));
    }
    let of_count = |index: usize| by_episode.iter().map(|(counts, _)| counts[index]).collect();
    Ok((0..evaluator.hallucinations.len()).map(of_count).collect())
}

/// (true class, class it was taken for) of the queries that were decided.
fn decided(episode: &Episode, outcome: &Outcome) -> Vec<(usize, usize)> {
    let ways = episode.classes.iter().zip(&outcome.predicted);
    ways.flat_map(|(&truth, answers)| {
        answers.iter().flatten().map(move |&way| (truth, episode.classes[way]))
    })
    .collect()
}

/// Runs episodes `0..episodes`, results in order: one stream of kernels on a
/// GPU, every core otherwise.
pub fn each_episode<R: Send>(
    features: &[Tensor],
    episodes: usize,
    run: impl Fn(u64) -> Result<R> + Sync + Send,
) -> Result<Vec<R>> {
    let run = |number: usize| run(number as u64);
    if features.iter().all(|class| class.device().is_cpu()) {
        (0..episodes).into_par_iter().map(run).collect()
    } else {
        (0..episodes).map(run).collect()
    }
}

/// Total variance of `count` hallucinations of a class over that of its real
/// features, summed over episodes `0..episodes`.
///
/// # Errors
/// As [`Evaluator::spread`].
pub fn spread(
    evaluator: &Evaluator,
    features: &[Tensor],
    sampler: &EpisodeSampler,
    episodes: usize,
    count: usize,
) -> Result<f64> {
    let mut sums = [0.0f64; 2];
    for number in 0..episodes.min(SPREAD_EPISODES) as u64 {
        let spread = evaluator.spread(features, &sampler.episode(number), number, count)?;
        sums.iter_mut().zip(spread).for_each(|(sum, value)| *sum += f64::from(value));
    }
    Ok(sums[0] / sums[1])
}

/// Rejection scores of insiders and of outsiders.
pub type Strangeness = (Vec<f32>, Vec<f32>);

/// Rejection scores of episodes `0..episodes` of a sampler of 2 N ways: the
/// first N are given, the queries of the others are outsiders, as many.
///
/// # Shapes
/// - features: for each class, (images, D), f32
///
/// # Errors
/// Where the features do not fit the sampler.
pub fn outsiders(
    features: &[Tensor],
    sampler: &EpisodeSampler,
    episodes: usize,
) -> Result<Vec<Strangeness>> {
    let known = sampler.shape().ways / 2;
    let features = on_host(features)?;
    each_episode(&features, episodes, |number| {
        Ok(rejection::of_episode(&features, &sampler.episode(number), known)?)
    })
}

/// The mean area under the ROC curve over episodes; none without any.
#[must_use]
pub fn auroc(episodes: &[Strangeness]) -> Option<Interval> {
    let of = |(insiders, outsiders): &Strangeness| metrics::auroc(insiders, outsiders);
    let areas: Vec<f64> = episodes.iter().filter_map(of).collect();
    (!areas.is_empty()).then(|| Interval::of(&areas))
}

#[cfg(test)]
mod tests {
    use fewshot::{Distance, EpisodeShape, Head, Model};

    use super::*;
    use crate::testing;

    fn run(hallucinations: &[usize], episodes: usize) -> Result<Vec<Vec<f64>>> {
        let model = Model::from_checkpoint(&testing::checkpoint(16, 3), &Device::Cpu)?;
        let sizes = [10; 6];
        let mut rng = fewshot::rng::rng(9, 0);
        let features = fewshot::rng::normal(&mut rng, (60, 8), &Device::Cpu)?;
        let shape = EpisodeShape { ways: 3, shots: 2, queries: 4 };
        let evaluator = Evaluator {
            head: Head::Prototype(Distance::L2),
            ..Evaluator::of(&model.config, model.generator.as_ref(), hallucinations, 4)
        };
        let sampler = EpisodeSampler::new(sizes.to_vec(), shape, 4)?;
        accuracies(&evaluator, &by_class(&features, &sizes)?, &sampler, episodes, None, &|_| {})
    }

    #[test]
    fn a_confusion_counts_every_query_of_the_same_episodes() {
        let features = fewshot::rng::normal(&mut fewshot::rng::rng(9, 0), (60, 8), &Device::Cpu);
        let features = by_class(&features.unwrap(), &[10; 6]).unwrap();
        let shape = EpisodeShape { ways: 3, shots: 2, queries: 4 };
        let sampler = EpisodeSampler::new(vec![10; 6], shape, 4).unwrap();
        let config = fewshot::ModelConfig::new(16, 3);
        let evaluator = Evaluator::of(&config, None, &[0], 4);
        let mut confusion = Confusion::new(6);
        let counted = Some(&mut confusion);
        let accuracies = accuracies(&evaluator, &features, &sampler, 50, counted, &|_| {}).unwrap();
        assert_eq!(confusion.rows().flatten().sum::<u64>(), 50 * 12);
        let mean = accuracies[0].iter().sum::<f64>() / 50.0;
        assert!((confusion.accuracy() - mean).abs() < 1e-9);
    }

    #[test]
    fn every_count_sees_the_same_episodes_whatever_else_is_asked() {
        let both = run(&[0, 3, 3], 80).unwrap();
        assert_eq!(both[1], both[2], "the same M twice");
        assert_ne!(both[0], both[1], "hallucinations change something");
        assert_eq!(run(&[0], 80).unwrap()[0], both[0]);
        assert_eq!(run(&[3], 80).unwrap()[0], both[1]);
        let fewer = run(&[40, 3], 7).unwrap();
        assert_eq!(fewer[1][..], both[1][..7], "an episode depends on its number alone");
    }
}
