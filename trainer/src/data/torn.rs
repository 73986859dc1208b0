//! Pictures whose files end before the picture does: half a photograph would be
//! answered as if it were whole, so it is said.

/// Files that are named; the rest are counted.
const NAMED: usize = 3;

/// A sentence with the number of such pictures and the first names; none where there
/// are none.
#[must_use]
pub fn sentence(names: &[String]) -> Option<String> {
    let first = names.first()?;
    let more = names.len().saturating_sub(NAMED);
    let mut named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        named.push_str(&format!(" and {more} more"));
    }
    Some(match names.len() {
        1 => format!("1 picture ends early, what is missing of it is grey: {first}; replace it"),
        count => format!(
            "{count} pictures end early, what is missing of them is grey: {named}; replace them"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_counted_and_the_first_named() {
        let names: Vec<String> = (0..5).map(|number| format!("{number}.jpg")).collect();
        assert_eq!(sentence(&[]), None);
        assert!(sentence(&names[..1]).unwrap().starts_with("1 picture ends early"));
        let all = sentence(&names).unwrap();
        assert!(all.contains("5 pictures") && all.contains("0.jpg, 1.jpg, 2.jpg and 2 more"));
    }
}
