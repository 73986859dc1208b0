//! Which pictures to label next: those whose label would teach a classifier most.
//!
//! Zhdanov 2019, "Diverse mini-batch Active Learning" (arXiv:1901.05954), algorithm 1:
//! of the pictures that the classifier doubts most, one from each part of the feature
//! space. Doubt alone asks ten times for the same thing; variety alone asks for what is
//! known. Weighted k-means joins the two. The paper starts it at random; here it starts
//! farthest first, so that the same pictures give the same answer on every host.

use candle_core::Tensor;

use crate::{Error, Result, least::least};

/// β of the paper: so many times the pictures asked for are looked at, the most
/// doubtful ones. Chosen on validation classes.
const PRESELECTION: usize = 5;
/// Rounds of k-means; it has mostly settled after five.
const ROUNDS: usize = 20;
/// Doubt of a picture that there is none about, so that such pictures still have a mean.
const LEAST_DOUBT: f32 = 1e-6;

/// One minus the margin (Scheffer et al. 2001): how little the likeliest class leads
/// before the next; from 0 where there is no doubt to 1 where two are equally likely.
pub fn doubt(probabilities: &[f32]) -> f32 {
    let (mut first, mut second) = (0.0f32, 0.0f32);
    for &value in probabilities {
        if value > first {
            (first, second) = (value, first);
        } else {
            second = second.max(value);
        }
    }
    1.0 - (first - second)
}

/// The rows of `features` whose label would help most, at most `count`, the most
/// doubtful first.
///
/// # Shapes
/// - features: (Q, D), f32, on the CPU, compared by their Euclidean distance
/// - probabilities: Q rows of N
///
/// # Errors
/// If there are not as many rows of each, or the features are no f32.
pub fn most_helpful(
    features: &Tensor,
    probabilities: &[Vec<f32>],
    count: usize,
) -> Result<Vec<usize>> {
    let rows = features.dims2()?.0;
    if probabilities.len() != rows {
        return Err(Error::Argument {
            what: "the number of rows of probabilities",
            actual: probabilities.len().to_string(),
            expected: "one for each feature",
        });
    }
    let certainties: Vec<f32> = probabilities.iter().map(|row| -doubt(row)).collect();
    let order = least(&certainties, count.saturating_mul(PRESELECTION));
    if order.len() <= count {
        return Ok(order);
    }
    let candidates = order
        .iter()
        .map(|&row| Ok(features.get(row)?.to_vec1::<f32>()?))
        .collect::<Result<Vec<_>>>()?;
    let weights: Vec<f32> = order.iter().map(|&row| (-certainties[row]).max(LEAST_DOUBT)).collect();
    let distances = cluster(&candidates, &weights, count);
    let mut chosen = Vec::with_capacity(count);
    for centre in 0..count {
        chosen.extend(nearest_free(&distances, centre, &chosen));
    }
    // The candidates are in the order of their doubt.
    let chosen = (0..order.len()).filter(|candidate| chosen.contains(candidate));
    Ok(chosen.map(|candidate| order[candidate]).collect())
}

/// The candidate nearest to a centre that no other centre has taken.
fn nearest_free(distances: &[Vec<f32>], centre: usize, taken: &[usize]) -> Option<usize> {
    let gap = |candidate: &usize| distances[*candidate][centre];
    let free = (0..distances.len()).filter(|candidate| !taken.contains(candidate));
    free.min_by(|a, b| gap(a).total_cmp(&gap(b)))
}

/// Weighted k-means: the squared distance of each candidate to each of `count` centres.
fn cluster(candidates: &[Vec<f32>], weights: &[f32], count: usize) -> Vec<Vec<f32>> {
    let mut centres = farthest_first(candidates, weights, count);
    let mut owners = Vec::new();
    let mut round = 0;
    loop {
        let to_centres = |candidate: &Vec<f32>| {
            centres.iter().map(|centre| squared(candidate, centre)).collect()
        };
        let distances: Vec<Vec<f32>> = candidates.iter().map(to_centres).collect();
        let nearest: Vec<usize> = distances.iter().map(|row| smallest(row)).collect();
        if nearest == owners || round == ROUNDS {
            return distances;
        }
        owners = nearest;
        round += 1;
        for (cluster, centre) in centres.iter_mut().enumerate() {
            let members = owners.iter().enumerate().filter(|(_, owner)| **owner == cluster);
            let members: Vec<usize> = members.map(|(member, _)| member).collect();
            // A centre that nothing is near to stays where it is.
            if !members.is_empty() {
                *centre = mean(&members, candidates, weights);
            }
        }
    }
}

/// The heaviest candidate, then each time the one whose weight times its distance to
/// the nearest of those taken is largest.
fn farthest_first(candidates: &[Vec<f32>], weights: &[f32], count: usize) -> Vec<Vec<f32>> {
    let mut gaps = vec![f32::INFINITY; candidates.len()];
    let mut taken = largest(weights);
    let mut centres = Vec::with_capacity(count);
    while centres.len() < count {
        for (gap, candidate) in gaps.iter_mut().zip(candidates) {
            *gap = gap.min(squared(candidate, &candidates[taken]));
        }
        centres.push(candidates[taken].clone());
        let urges: Vec<f32> = gaps.iter().zip(weights).map(|(gap, weight)| gap * weight).collect();
        taken = largest(&urges);
    }
    centres
}

fn mean(members: &[usize], candidates: &[Vec<f32>], weights: &[f32]) -> Vec<f32> {
    let total: f32 = members.iter().map(|&member| weights[member]).sum();
    let mut mean = vec![0.0; candidates[0].len()];
    for &member in members {
        let share = weights[member] / total;
        for (sum, value) in mean.iter_mut().zip(&candidates[member]) {
            *sum += share * value;
        }
    }
    mean
}

// Once in the module that the page downloads, as those below.
#[inline(never)]
fn squared(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// The first of the largest.
#[inline(never)]
fn largest(values: &[f32]) -> usize {
    (0..values.len()).rev().max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0)
}

/// The first of the smallest.
fn smallest(values: &[f32]) -> usize {
    (0..values.len()).min_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use rand::seq::SliceRandom as _;

    use super::*;
    use crate::rng;

    fn line(places: &[f32]) -> Tensor {
        Tensor::from_vec(places.to_vec(), (places.len(), 1), &Device::Cpu).unwrap()
    }

    /// Two classes with this much doubt between them.
    fn doubtful(doubts: &[f32]) -> Vec<Vec<f32>> {
        doubts.iter().map(|doubt| vec![1.0 - doubt / 2.0, doubt / 2.0]).collect()
    }

    #[test]
    fn doubt_is_how_little_the_first_leads() {
        for (probabilities, expected) in [
            (&[0.5, 0.5][..], 1.0),
            (&[0.1, 0.7, 0.2], 0.5),
            (&[0.2, 0.1, 0.7], 0.5),
            (&[1.0, 0.0], 0.0),
            (&[1.0], 0.0),
        ] {
            assert!((doubt(probabilities) - expected).abs() < 1e-6, "{probabilities:?}");
        }
    }

    #[test]
    fn a_case_done_by_hand() -> Result<()> {
        // Two groups; in each the doubtful one draws the weighted mean to itself: at 1 the
        // mean of 0, 1 and 2 is (0.2 · 0 + 0.8 · 1 + 0.5 · 2) / 1.5 = 1.2, at 10 to 12 it is
        // (0.3 · 10 + 0.3 · 11 + 0.9 · 12) / 1.5 = 11.4, nearest to 11.
        let features = line(&[0.0, 1.0, 2.0, 10.0, 11.0, 12.0]);
        let probabilities = doubtful(&[0.2, 0.8, 0.5, 0.3, 0.3, 0.9]);
        assert_eq!(most_helpful(&features, &probabilities, 2)?, [1, 4]);
        Ok(())
    }

    #[test]
    fn what_is_alike_is_asked_once_and_what_is_known_not_at_all() -> Result<()> {
        // Four doubtful pictures, each there five times, and many that are known.
        let mut places = vec![100.0; 50];
        let mut doubts = vec![0.01; 50];
        for group in 0..4 {
            for copy in 0..PRESELECTION {
                places.push(group as f32 * 5.0 + copy as f32 * 0.1);
                doubts.push(0.9 - group as f32 * 0.05 - copy as f32 * 0.001);
            }
        }
        let chosen = most_helpful(&line(&places), &doubtful(&doubts), 4)?;
        let mut groups: Vec<usize> = chosen.iter().filter_map(|row| row.checked_sub(50)).collect();
        groups.iter_mut().for_each(|group| *group /= PRESELECTION);
        groups.sort_unstable();
        // By doubt alone all four would be of the first group.
        assert_eq!(groups, [0, 1, 2, 3], "{chosen:?}");
        Ok(())
    }

    #[test]
    fn any_count_gives_that_many_different_ones_whatever_their_order() -> Result<()> {
        let (rows, dim) = (60, 8);
        let features = rng::normal(&mut rng::rng(1, 0), (rows, dim), &Device::Cpu)?;
        let draws = rng::normal_values(&mut rng::rng(1, 1), rows);
        let probabilities = doubtful(&draws.iter().map(|v| v.abs().fract()).collect::<Vec<_>>());
        let mut order: Vec<usize> = (0..rows).collect();
        order.shuffle(&mut rng::rng(1, 2));
        let index = Tensor::from_vec(
            order.iter().map(|&row| row as u32).collect::<Vec<_>>(),
            rows,
            &Device::Cpu,
        )?;
        let shuffled = features.index_select(&index, 0)?;
        let others: Vec<_> = order.iter().map(|&row| probabilities[row].clone()).collect();
        for count in [0, 1, 2, 7, 12, 30, 60, 1000] {
            let chosen = most_helpful(&features, &probabilities, count)?;
            assert_eq!(chosen.len(), count.min(rows));
            let mut sorted = chosen.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), chosen.len(), "{chosen:?}");
            let doubts = chosen.iter().map(|&row| doubt(&probabilities[row]));
            assert!(doubts.is_sorted_by(|a, b| a >= b), "the most doubtful first");
            let again = most_helpful(&shuffled, &others, count)?;
            let again: Vec<usize> = again.into_iter().map(|row| order[row]).collect();
            assert_eq!(chosen, again, "{count}: another order, other pictures");
        }
        Ok(())
    }

    #[test]
    fn pictures_that_are_all_the_same_or_all_known_are_still_given() -> Result<()> {
        let same = most_helpful(&line(&[1.0; 20]), &doubtful(&[0.5; 20]), 3)?;
        assert_eq!(same.len(), 3);
        let known = most_helpful(&line(&[1.0, 2.0, 3.0, 4.0]), &vec![vec![1.0]; 4], 2)?;
        assert_eq!(known.len(), 2);
        assert!(most_helpful(&line(&[1.0]), &[], 1).is_err(), "not as many rows");
        Ok(())
    }
}
