//! The area under the ROC curve.

/// The chance that a random outsider scores above a random insider, ties
/// counting half: 0.5 is guessing, 1 is perfect (the Mann-Whitney statistic).
/// None where either side is empty or a score is NaN.
pub fn auroc(insiders: &[f32], outsiders: &[f32]) -> Option<f64> {
    let ranked = ranked(insiders, outsiders)?;
    let (mut below, mut wins) = (0.0, 0.0);
    // Equal scores are taken together: of them no side is above the other.
    // `==` puts -0 and +0 together, which `total_cmp` sorts next to each other.
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        let outside = tied.iter().filter(|(_, outsider)| *outsider).count() as f64;
        let inside = tied.len() as f64 - outside;
        wins += outside * (below + inside / 2.0);
        below += inside;
    }
    Some(wins / (insiders.len() as f64 * outsiders.len() as f64))
}

/// Scores of both sides in one order, lowest first, each with whether it is an outsider's.
/// None where either side is empty or a score is NaN.
pub(crate) fn ranked(insiders: &[f32], outsiders: &[f32]) -> Option<Vec<(f32, bool)>> {
    let inside = insiders.iter().map(|score| (*score, false));
    let outside = outsiders.iter().map(|score| (*score, true));
    let mut ranked: Vec<(f32, bool)> = inside.chain(outside).collect();
    if insiders.is_empty() || outsiders.is_empty() || ranked.iter().any(|(s, _)| s.is_nan()) {
        return None;
    }
    ranked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    Some(ranked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perfect_reversed_tied_and_mixed() {
        assert_eq!(auroc(&[0.1, 0.2], &[0.3, 0.9]), Some(1.0));
        assert_eq!(auroc(&[0.3, 0.9], &[0.1, 0.2]), Some(0.0));
        assert_eq!(auroc(&[0.5; 3], &[0.5; 2]), Some(0.5));
        // Pairs (1 > 0), (1 < 2), (3 > 0), (3 > 2): three of four.
        assert_eq!(auroc(&[0.0, 2.0], &[1.0, 3.0]), Some(0.75));
        assert_eq!(auroc(&[0.0, -0.0], &[-0.0]), Some(0.5));
        assert_eq!(auroc(&[], &[1.0]), None);
        assert_eq!(auroc(&[f32::NAN], &[1.0]), None);
    }
}
