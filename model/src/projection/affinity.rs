//! Which points are neighbours: the input side of t-SNE.

/// Bisection stops when the entropy is this close to the wanted one.
const ENTROPY_TOLERANCE: f64 = 1e-5;
const MAX_BISECTIONS: usize = 60;

/// The chance of each point to be the neighbour of another: a Gaussian whose
/// width is searched so that the distribution has the given perplexity
/// (van der Maaten and Hinton 2008, equation 1).
///
/// `squared`: squared distances to the *other* points. The sum of the result is 1.
pub(super) fn conditional(squared: &[f64], perplexity: f64) -> Vec<f64> {
    let wanted = perplexity.ln();
    let nearest = squared.iter().copied().fold(f64::INFINITY, f64::min);
    let (mut low, mut high, mut precision) = (0.0, f64::INFINITY, 1.0);
    // Start at the scale of the distances, so that bisection is short.
    let mean = squared.iter().map(|d| d - nearest).sum::<f64>() / squared.len().max(1) as f64;
    if mean > 0.0 {
        precision = 1.0 / mean;
    }
    let mut weights = vec![0.0; squared.len()];
    for _ in 0..MAX_BISECTIONS {
        let (mut sum, mut moment) = (0.0, 0.0);
        for (weight, distance) in weights.iter_mut().zip(squared) {
            let further = distance - nearest;
            *weight = (-further * precision).exp();
            sum += *weight;
            moment += *weight * further;
        }
        weights.iter_mut().for_each(|weight| *weight /= sum);
        let entropy = f64::ln(sum) + precision * moment / sum;
        if (entropy - wanted).abs() < ENTROPY_TOLERANCE || mean == 0.0 {
            break;
        }
        if entropy > wanted {
            low = precision;
            precision = if high.is_finite() { (low + high) / 2.0 } else { precision * 2.0 };
        } else {
            high = precision;
            precision = (low + high) / 2.0;
        }
    }
    weights
}

/// The symmetric affinities of all pairs, (n, n) with a zero diagonal and sum 1.
pub(super) fn joint(squared: &[Vec<f32>], perplexity: f64) -> Vec<f32> {
    let count = squared.len();
    let mut joint = vec![0.0; count * count];
    for (i, row) in squared.iter().enumerate() {
        let others: Vec<f64> = row
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            // |a|² - 2ab + |b|² in f32 may come out just below zero.
            .map(|(_, distance)| f64::from(*distance).max(0.0))
            .collect();
        let chances = conditional(&others, perplexity);
        for (j, chance) in (0..count).filter(|j| *j != i).zip(chances) {
            let half = (chance / (2 * count) as f64) as f32;
            joint[i * count + j] += half;
            joint[j * count + i] += half;
        }
    }
    joint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_finds_the_perplexity() {
        for scale in [1e-6, 1.0, 1e6] {
            for perplexity in [2.0, 5.0, 20.0] {
                let squared: Vec<f64> = (1..60).map(|i| scale * f64::from(i * i)).collect();
                let chances = conditional(&squared, perplexity);
                let entropy: f64 = chances.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
                let found = entropy.exp();
                assert!((found / perplexity - 1.0).abs() < 1e-3, "{scale}: {found} {perplexity}");
                assert!(chances.is_sorted_by(|a, b| a >= b), "nearer is likelier");
            }
        }
    }

    #[test]
    fn equal_distances_share_equally() {
        assert_eq!(conditional(&[3.0; 4], 2.0), [0.25; 4]);
    }

    #[test]
    fn affinities_are_symmetric_and_sum_to_one() {
        let squared: Vec<Vec<f32>> = (0..9)
            .map(|i: i32| (0..9).map(|j: i32| ((i - j) * (i - j)) as f32).collect())
            .collect();
        let joint = joint(&squared, 3.0);
        assert!((joint.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        for i in 0..9 {
            assert_eq!(joint[i * 9 + i], 0.0);
            for j in 0..9 {
                assert_eq!(joint[i * 9 + j], joint[j * 9 + i]);
            }
        }
    }
}
