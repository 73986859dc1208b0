//! Names that every system takes, that lead nowhere else, and of which no two are alike.
//! The same as those of the page's ZIP of sorted pictures.

use std::collections::HashSet;
use std::iter::once;

/// A folder's name for each label; `reserved` is none of them.
pub fn folders<'a>(labels: impl Iterator<Item = &'a String>, reserved: &str) -> Vec<String> {
    // Systems that do not tell upper from lower case would take two for one.
    let mut taken = HashSet::from([reserved.to_lowercase()]);
    let free = |label: &String| {
        let clean = clean(label);
        let numbered = (2..).map(|number| format!("{clean} ({number})"));
        once(clean.clone()).chain(numbered).find(|name| taken.insert(name.to_lowercase()))
    };
    labels.filter_map(free).collect()
}

/// The name of a file, and what to call it where that is taken: `a (2).png`, `a (3).png`.
pub fn candidates(name: &str) -> impl Iterator<Item = String> {
    let name = clean(name);
    let (stem, ending) = match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name.as_str(), ""),
    };
    let (stem, ending) = (stem.to_owned(), ending.to_owned());
    once(name).chain((2..).map(move |number: usize| format!("{stem} ({number}){ending}")))
}

fn clean(name: &str) -> String {
    let forbidden = |letter: char| letter < ' ' || r#"\/:*?"<>|"#.contains(letter);
    let clean = name.replace(forbidden, "_");
    match clean.trim_end_matches(['.', ' ']) {
        "" => "_".to_owned(),
        clean => clean.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_and_differ() {
        let labels = ["cat", "Cat", "a/b", "..", "", "log"].map(ToOwned::to_owned);
        let names = folders(labels.iter(), "log");
        assert_eq!(names, ["cat", "Cat (2)", "a_b", "_", "_ (2)", "log (2)"]);
        let files = |name| candidates(name).take(3).collect::<Vec<_>>();
        assert_eq!(files("a.b.png"), ["a.b.png", "a.b (2).png", "a.b (3).png"]);
        assert_eq!(files(".png"), [".png", ".png (2)", ".png (3)"]);
        assert_eq!(files("what?")[..2], ["what_", "what_ (2)"]);
    }
}
