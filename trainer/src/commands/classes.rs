//! Which classes an evaluation is made on: those that `--split` asks for, without
//! those that the weights have seen where that would flatter them, and as many at
//! a time as there are.

use anyhow::{Result, ensure};
use fewshot::Checkpoint;

use crate::data::{DataSource, Dataset, Part, Split};
use crate::seen::{Matches, Role, Seen};

/// Classes that are named in a sentence; the rest are counted.
const NAMED: usize = 3;
/// Classes an episode has where `--ways` does not say.
const WAYS: usize = 5;
/// Query pictures a class has where `--queries` does not say.
const QUERIES: usize = 15;

/// Chosen classes, and what has to be said about the choice.
#[derive(Debug)]
pub struct Choice {
    /// The classes.
    pub dataset: Dataset,
    /// A sentence each.
    pub notes: Vec<String>,
}

/// The classes of a part of `source` for weights with the provenance of
/// `checkpoint`; notes go to standard error.
///
/// # Errors
/// Where the data set has no such split, or the weights have seen all of it.
pub fn choose(source: &DataSource, part: Part, checkpoint: &Checkpoint) -> Result<Dataset> {
    let Choice { dataset, notes } = choice(source, part, &Seen::of(&checkpoint.provenance))?;
    notes.iter().for_each(|note| eprintln!("note: {note}"));
    Ok(dataset)
}

fn choice(source: &DataSource, part: Part, seen: &Seen) -> Result<Choice> {
    let whole = source.all();
    let mut dataset = match part {
        Part::All => whole.clone(),
        Part::Of(split) => source.split(split)?,
    };
    let Matches { roles, namesakes } = seen.among(&whole, &dataset.classes);
    let found = roles.iter().flatten().count();
    let mut notes = Vec::new();
    if !seen.is_complete() {
        let (record, them) = if seen.is_unknown() {
            ("do not record which", "them")
        } else {
            ("record only a part of the", "the others")
        };
        notes.push(format!(
            "the weights {record} classes they were trained on; if some of these are among \
             {them}, the figures are too high"
        ));
    }
    if !namesakes.is_empty() {
        notes.push(format!(
            "{} named like classes that the weights were trained on in other data, and taken as \
             different ones: {}",
            are(namesakes.len()),
            some(&namesakes)
        ));
    }
    let wanted = match part {
        Part::Of(Split::Test) => None,
        // Without splits of its own a folder has those of the run that it was cut for.
        Part::Of(Split::Train) if source.is_whole() && found > 0 => Some(Role::Trained),
        Part::Of(Split::Val) if source.is_whole() && found > 0 => Some(Role::Chosen),
        Part::Of(_) | Part::All => {
            if found > 0 {
                notes.push(format!(
                    "the weights were trained or chosen on {found} of these {} classes, so the \
                     figures are not those of new classes",
                    roles.len()
                ));
            }
            return Ok(Choice { dataset, notes });
        }
    };
    let total = dataset.classes.len();
    let mut left_out = Vec::new();
    let mut roles = roles.into_iter();
    dataset.classes.retain(|class| {
        let kept = roles.next().flatten() == wanted;
        if !kept {
            left_out.push(class.id.clone());
        }
        kept
    });
    ensure!(
        !dataset.classes.is_empty(),
        "the weights were trained or chosen on all {total} classes of {}; new classes are needed \
         for a figure that counts, or --split all to take these all the same",
        source.name()
    );
    match wanted {
        None if left_out.is_empty() => {}
        None => notes.push(format!(
            "{} of {total} classes are left out, the weights were trained or chosen on them: {}; \
             --split all takes them",
            left_out.len(),
            some(&left_out)
        )),
        Some(role) => notes.push(format!(
            "these are the {} classes that the weights were {} on, so the figures are not those \
             of new classes",
            dataset.classes.len(),
            match role {
                Role::Trained => "trained",
                Role::Chosen => "chosen",
            }
        )),
    }
    Ok(Choice { dataset, notes })
}

fn are(count: usize) -> String {
    if count == 1 { "1 class is".into() } else { format!("{count} classes are") }
}

/// The first names, and how many more there are.
fn some(names: &[String]) -> String {
    let first = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// Ways and queries of episodes with up to `shots` support pictures: as given, else
/// the usual ones, or as many as the classes allow, which is said.
pub fn shape(
    dataset: &Dataset,
    ways: Option<usize>,
    shots: usize,
    queries: Option<usize>,
) -> (usize, usize) {
    let (classes, smallest) =
        (dataset.classes.len(), dataset.class_sizes().into_iter().min().unwrap_or(0));
    let fitting = |given: Option<usize>, usual: usize, most: usize, least: usize| {
        // Where not even the least is there, the usual number gives the error to read.
        given.unwrap_or(if most < least { usual } else { usual.min(most) })
    };
    let fits = (
        fitting(ways, WAYS, classes, 2),
        fitting(queries, QUERIES, smallest.saturating_sub(shots), 1),
    );
    if ways.is_none() && fits.0 < WAYS {
        eprintln!("note: {classes} classes are there, so episodes have {} ways", fits.0);
    }
    if queries.is_none() && fits.1 < QUERIES {
        eprintln!(
            "note: the smallest class has {smallest} pictures, so episodes have {} queries a class",
            fits.1
        );
    }
    fits
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::data::{Class, ImageSource};
    use crate::seen;

    fn class(id: &str) -> Class {
        let images = (0..8).map(|n| ImageSource::file(format!("{id}/{n}.png").into())).collect();
        Class { id: id.into(), name: id.into(), images }
    }

    fn folder() -> (tempfile::TempDir, DataSource) {
        let folder = tempfile::tempdir().unwrap();
        let names = ["a", "b", "c", "d", "e", "f"];
        crate::testing::pictures(folder.path(), &names.map(|name| (name, [9, 9, 9])), 1);
        let source = crate::data::open(Some(folder.path())).unwrap();
        (folder, source)
    }

    fn provenance(data: &str, train: &[&str], val: &[&str]) -> Map<String, Value> {
        let record = |ids: &[&str]| {
            let classes = ids.iter().map(|id| class(id)).collect();
            let side = Dataset { name: data.into(), split: Part::All, classes };
            seen::record(&side, &side)
        };
        Map::from_iter([
            ("data".to_owned(), json!(data)),
            ("train".to_owned(), record(train)),
            ("val".to_owned(), record(val)),
        ])
    }

    fn seen(data: &str, train: &[&str], val: &[&str]) -> Seen {
        Seen::of(&provenance(data, train, val))
    }

    fn ids(choice: &Choice) -> String {
        choice.dataset.classes.iter().map(|class| class.id.as_str()).collect()
    }

    #[test]
    fn one_folder_is_taken_without_what_the_weights_have_seen() {
        let (_folder, source) = folder();
        let seen = seen(source.name(), &["a", "b", "c"], &["d"]);
        let of = |part: Part| choice(&source, part, &seen).unwrap();
        let test = of(Split::Test.into());
        assert_eq!(ids(&test), "ef");
        assert_eq!(test.notes.len(), 1);
        let note = "4 of 6 classes are left out, the weights were trained or chosen on them: a, b, \
                    c and 1 more; --split all";
        assert!(test.notes[0].starts_with(note), "{}", test.notes[0]);
        for (part, expected, said) in [
            (Part::Of(Split::Train), "abc", "the 3 classes that the weights were trained on"),
            (Part::Of(Split::Val), "d", "the 1 classes that the weights were chosen on"),
            (Part::All, "abcdef", "trained or chosen on 4 of these 6 classes"),
        ] {
            let choice = of(part);
            assert_eq!(ids(&choice), expected);
            assert!(choice.notes[0].contains(said), "{}", choice.notes[0]);
        }
    }

    #[test]
    fn weights_made_elsewhere_are_measured_on_everything() {
        let (_folder, source) = folder();
        let elsewhere = seen("pets", &["cat", "dog", "a"], &["cow"]);
        for part in [Part::Of(Split::Test), Part::Of(Split::Train), Part::All] {
            let choice = choice(&source, part, &elsewhere).unwrap();
            assert_eq!(ids(&choice), "abcdef");
            assert!(choice.notes[0].starts_with("1 class is named like"), "{:?}", choice.notes);
        }
        let unknown = choice(&source, Split::Test.into(), &Seen::of(&Map::new())).unwrap();
        assert!(unknown.notes[0].contains("do not record which classes"), "{:?}", unknown.notes);
        // Trained from weights that name nothing: what was trained on since is known.
        let mut record = provenance("pets", &["cat"], &["cow"]);
        record.insert("start".into(), json!({}));
        let since = choice(&source, Split::Test.into(), &Seen::of(&record)).unwrap();
        assert!(since.notes[0].contains("only a part of the classes"), "{:?}", since.notes);
    }

    #[test]
    fn a_split_of_the_data_s_own_holds_and_what_was_seen_in_it_is_said() {
        let listing = [
            Some(vec![class("a"), class("b")]),
            Some(vec![class("c")]),
            Some(vec![class("d"), class("e")]),
        ];
        let source = DataSource::from_listing("mine", listing).unwrap();
        let seen_there = seen("mine", &["a", "b"], &["c"]);
        let test = choice(&source, Split::Test.into(), &seen_there).unwrap();
        assert_eq!((ids(&test).as_str(), test.notes.len()), ("de", 0));
        let train = choice(&source, Split::Train.into(), &seen_there).unwrap();
        assert_eq!(ids(&train), "ab");
        assert!(train.notes[0].contains("2 of these 2 classes"), "{:?}", train.notes);
        // Another cut of the same classes.
        let all = seen("mine", &["d", "e"], &["c"]);
        let error = choice(&source, Split::Test.into(), &all).unwrap_err().to_string();
        assert!(
            error.contains("all 2 classes of mine") && error.contains("--split all"),
            "{error}"
        );
    }

    #[test]
    fn unless_told_an_episode_is_as_large_as_the_classes_allow() {
        let classes = ["a", "b", "c"].map(class).to_vec();
        let dataset = Dataset { name: "few".into(), split: Part::All, classes };
        assert_eq!(shape(&dataset, None, 5, None), (3, 3));
        assert_eq!(shape(&dataset, Some(4), 5, Some(9)), (4, 9), "what was given stays");
        assert_eq!(shape(&dataset, None, 8, None), (3, 15), "shots alone are too many");
    }
}
