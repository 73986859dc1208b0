//! Whether episodes are drawn fairly, and whether the interval that is printed holds
//! the true value as often as it says.

use std::collections::HashMap;

use rand_distr::{Distribution, StandardNormal};

use super::{Episode, EpisodeSampler, EpisodeShape};
use crate::metrics::{Interval, accuracy};
use crate::{Result, rng::rng};

/// Whether counts are as even as chance makes them: Pearson's χ², which has mean
/// `cells - 1` and twice that variance; four deviations above it are one in 30,000.
fn is_even(counts: impl IntoIterator<Item = usize>) -> bool {
    let counts: Vec<f64> = counts.into_iter().map(|count| count as f64).collect();
    let expected = counts.iter().sum::<f64>() / counts.len() as f64;
    let chi: f64 = counts.iter().map(|count| (count - expected).powi(2) / expected).sum();
    let freedom = counts.len() as f64 - 1.0;
    chi < freedom + 4.0 * (2.0 * freedom).sqrt()
}

/// Counts by key, of all `keys` there can be.
fn counted<K: std::hash::Hash + Eq>(drawn: impl Iterator<Item = K>, keys: usize) -> Vec<usize> {
    let mut counts: HashMap<K, usize> = HashMap::new();
    drawn.for_each(|key| *counts.entry(key).or_default() += 1);
    let mut counts: Vec<usize> = counts.into_values().collect();
    assert!(counts.len() <= keys, "{} of {keys} cells", counts.len());
    counts.resize(keys, 0);
    counts
}

#[test]
fn an_uneven_draw_is_noticed() {
    assert!(is_even([1000, 1030, 980, 990]));
    assert!(!is_even([1200, 1000, 900, 900]));
}

#[test]
fn classes_pairs_pictures_and_places_are_drawn_evenly() -> Result<()> {
    const CLASSES: usize = 9;
    const IMAGES: usize = 8;
    let shape = EpisodeShape { ways: 3, shots: 2, queries: 3 };
    let sampler = EpisodeSampler::new(vec![IMAGES; CLASSES], shape, 5)?;
    let episodes: Vec<Episode> = (0..30_000).map(|number| sampler.episode(number)).collect();
    let places = episodes.iter().flat_map(|episode| episode.classes.iter().enumerate());
    assert!(is_even(counted(places, shape.ways * CLASSES)), "classes by place");
    let pairs = episodes.iter().flat_map(|Episode { classes, .. }| {
        let pairs = (0..shape.ways).flat_map(|b| (0..b).map(move |a| (a, b)));
        pairs.map(|(a, b)| (classes[a].min(classes[b]), classes[a].max(classes[b])))
    });
    assert!(is_even(counted(pairs, CLASSES * (CLASSES - 1) / 2)), "pairs of classes");
    for (what, of) in [
        ("support", (|episode| &episode.support) as fn(&Episode) -> &Vec<Vec<usize>>),
        ("query", |episode| &episode.query),
    ] {
        let images = episodes.iter().flat_map(|episode| {
            let ways = episode.classes.iter().zip(of(episode));
            ways.flat_map(|(class, images)| images.iter().map(move |image| (*class, *image)))
        });
        assert!(is_even(counted(images, CLASSES * IMAGES)), "pictures of the {what}");
    }
    Ok(())
}

#[test]
fn no_picture_is_support_and_query_of_one_episode() -> Result<()> {
    let shape = EpisodeShape { ways: 4, shots: 3, queries: 4 };
    let sizes = vec![7, 9, 12, 30, 8];
    let equal = EpisodeSampler::new(sizes.clone(), shape, 2)?;
    let unequal = EpisodeSampler::new(sizes, shape, 2)?.with_unequal_queries(0.5)?;
    for number in 0..5000 {
        for episode in [equal.episode(number), unequal.episode(number)] {
            for (support, query) in episode.support.iter().zip(&episode.query) {
                let mut images: Vec<usize> = support.iter().chain(query).copied().collect();
                let count = images.len();
                images.sort_unstable();
                images.dedup();
                assert_eq!(images.len(), count, "{episode:?}");
            }
        }
    }
    Ok(())
}

/// Evaluations as `eval` makes them, of a world small enough to know the truth:
/// features of one number, two ways, the nearest prototype. Each evaluation has its own
/// seed; their common mean is the true accuracy to within 0.02 points.
#[test]
fn the_interval_holds_the_true_accuracy_in_95_of_100_evaluations() -> Result<()> {
    const EVALUATIONS: usize = 4000;
    const EPISODES: u64 = 200;
    let draws = &mut rng(1, 1);
    let mut normal = || -> f32 { StandardNormal.sample(draws) };
    let features: Vec<Vec<f32>> = (0..12)
        .map(|_| {
            let centre = 1.5 * normal();
            (0..20).map(|_| centre + normal()).collect()
        })
        .collect();
    let shape = EpisodeShape { ways: 2, shots: 1, queries: 5 };
    let score = |episode: &Episode| {
        let feature = |way: usize, image: usize| features[episode.classes[way]][image];
        let of_way = |way: usize| episode.query[way].iter().map(move |&image| (way, image));
        let queries: Vec<(usize, usize)> = (0..shape.ways).flat_map(of_way).collect();
        let prototypes: Vec<f32> =
            (0..shape.ways).map(|way| feature(way, episode.support[way][0])).collect();
        let scores: Vec<Vec<f32>> = queries
            .iter()
            .map(|&(way, image)| {
                prototypes.iter().map(|at| -(at - feature(way, image)).abs()).collect()
            })
            .collect();
        accuracy(scores.iter().map(Vec::as_slice), queries.iter().map(|(way, _)| *way))
    };
    // The other classifier shares half of each episode's luck with the first and is neither
    // better nor worse.
    let evaluate = |seed: usize| -> Result<[Interval; 2]> {
        let sampler = EpisodeSampler::new(vec![20; features.len()], shape, seed as u64)?;
        let values: Vec<f64> =
            (0..EPISODES).map(|number| score(&sampler.episode(number))).collect();
        let other: Vec<f64> = (0..EPISODES)
            .map(|number| score(&sampler.episode(number + EPISODES)))
            .zip(&values)
            .map(|(other, value)| 0.5 * (other + value))
            .collect();
        Ok([Interval::of(&values), Interval::of_paired_difference(&other, &values)])
    };
    let intervals = (0..EVALUATIONS).map(evaluate).collect::<Result<Vec<_>>>()?;
    let mean: f64 = intervals.iter().map(|[plain, _]| plain.mean).sum::<f64>() / EVALUATIONS as f64;
    for (index, truth, what) in [(0, mean, "plain"), (1, 0.0, "paired")] {
        let covers = |of: &&[Interval; 2]| (of[index].mean - truth).abs() <= of[index].ci95;
        let share = intervals.iter().filter(covers).count() as f64 / EVALUATIONS as f64;
        println!("{what} intervals that hold the true value: {:.2} %", share * 100.0);
        assert!((share - 0.95).abs() <= 0.01, "{what}: {share}");
    }
    Ok(())
}
