//! The least few of many numbers.

/// The indices of the `count` least values, or of all where there are no more, the least first;
/// of equals the first. Thousands are not put in order for the sake of a few.
#[inline(never)] // once in the module that the page downloads
pub(crate) fn least(values: &[f32], count: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::with_capacity(count.min(values.len()) + 1);
    for (index, value) in values.iter().enumerate() {
        let place = kept.partition_point(|&other| values[other].total_cmp(value).is_le());
        if place < count {
            kept.insert(place, index);
            kept.truncate(count);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_a_stable_sort_would_have_them() {
        let values: Vec<f32> = (0..200u32).map(|i| ((i * 37) % 50) as f32 - 20.0).collect();
        let mut sorted: Vec<usize> = (0..values.len()).collect();
        sorted.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        for count in [0, 1, 5, 199, 200, 300] {
            assert_eq!(least(&values, count), sorted[..count.min(values.len())], "{count}");
        }
        assert!(least(&[], 3).is_empty());
    }
}
