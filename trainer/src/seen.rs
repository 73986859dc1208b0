//! The classes that weights have seen, as their provenance names them, so that no
//! figure is taken on classes they were trained or chosen on.
//!
//! Which of a data set's classes are meant is a question of names. A WordNet id
//! means the same class in every data set. Any other name does only within one data
//! set: one of the name recorded, or, since folders are renamed, one in which at
//! least half of the recorded classes are found. That a folder has a class `cat`
//! does not make it the data set that another `cat` came from.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::data::{Class, Dataset, Split};

/// Key under which the classes of a split are named, beside their number.
const NAMES: &str = "names";

/// Key under which further data sets are recorded, beside the first's.
pub const ALSO: &str = "also";

/// What weights have to do with a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// They were trained on it.
    Trained,
    /// They were chosen on it, by validation.
    Chosen,
}

/// The classes that a model's weights have seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The run itself, then what it started from.
    origins: Vec<Origin>,
    /// Whether a part of the weights' past is not recorded.
    incomplete: bool,
}

/// The classes of one data set that weights have seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    data: String,
    train: HashSet<String>,
    val: HashSet<String>,
    /// Classes in both.
    count: usize,
}

/// Which of the classes of a data set were seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matches {
    /// For each class in its order.
    pub roles: Vec<Option<Role>>,
    /// Classes that only share their name with a seen one of another data set.
    pub namesakes: Vec<String>,
}

impl Seen {
    /// What the provenance of weights records.
    #[must_use]
    pub fn of(provenance: &Map<String, Value>) -> Self {
        let mut seen = Self::default();
        let mut next = Some(provenance);
        while let Some(record) = next {
            match Origin::of(record) {
                Some(origin) => seen.origins.push(origin),
                None => seen.incomplete = true,
            }
            for also in record.get(ALSO).and_then(Value::as_array).into_iter().flatten() {
                match also.as_object().and_then(Origin::of) {
                    Some(origin) => seen.origins.push(origin),
                    None => seen.incomplete = true,
                }
            }
            next = record.get("start").and_then(Value::as_object);
        }
        seen
    }

    /// Whether every class that the weights have seen is named.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.incomplete
    }

    /// Whether none of them is named.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.origins.is_empty()
    }

    /// Which classes of a data set these are; `whole` has all that the data set
    /// lists, and tells whether it is one that is recorded.
    #[must_use]
    pub fn among(&self, whole: &Dataset, classes: &[Class]) -> Matches {
        let mut roles = vec![None; classes.len()];
        let mut named = vec![false; classes.len()];
        for origin in &self.origins {
            let same = origin.is(whole);
            for ((class, role), named) in classes.iter().zip(&mut roles).zip(&mut named) {
                let found = origin.role(&class.id);
                if same || is_wordnet_id(&class.id) {
                    *role = role.or(found);
                } else {
                    *named |= found.is_some();
                }
            }
        }
        let only_named = classes
            .iter()
            .zip(&roles)
            .zip(named)
            .filter(|((_, role), named)| *named && role.is_none());
        let namesakes = only_named.map(|((class, _), _)| class.id.clone()).collect();
        Matches { roles, namesakes }
    }
}

impl Origin {
    fn of(record: &Map<String, Value>) -> Option<Self> {
        let names = |split: Split| -> Option<HashSet<String>> {
            let names = named(record.get(split.name())?.as_object()?)?;
            Some(names.into_iter().map(str::to_owned).collect())
        };
        let count =
            |split: Split| -> Option<u64> { record.get(split.name())?.get("classes")?.as_u64() };
        let count = count(Split::Train)? + count(Split::Val)?;
        Some(Self {
            data: record.get("data")?.as_str()?.to_owned(),
            train: names(Split::Train)?,
            val: names(Split::Val)?,
            count: usize::try_from(count).ok()?,
        })
    }

    fn is(&self, data: &Dataset) -> bool {
        let shared = || data.classes.iter().filter(|class| self.role(&class.id).is_some()).count();
        self.data == data.name || (self.count > 0 && 2 * shared() >= self.count)
    }

    fn role(&self, class: &str) -> Option<Role> {
        let named = |names: &HashSet<String>| prefixes(class).any(|prefix| names.contains(prefix));
        if named(&self.train) {
            Some(Role::Trained)
        } else {
            named(&self.val).then_some(Role::Chosen)
        }
    }
}

/// What a provenance keeps of the file that training started from: which data,
/// which classes, and what that file had started from in turn.
#[must_use]
pub fn past(provenance: &Map<String, Value>) -> Map<String, Value> {
    let kept = |key: &str| matches!(key, "data" | "train" | "val" | ALSO | "start");
    provenance.iter().filter(|(key, _)| kept(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// A side of a data set as provenance records it: numbers, and the classes by name.
/// `whole` has all classes that the data set lists.
#[must_use]
pub fn record(side: &Dataset, whole: &Dataset) -> Value {
    json!({
        "classes": side.classes.len(),
        "images": side.image_count(),
        NAMES: shortened(&side.classes, &whole.classes),
    })
}

/// The names in a [`record`], where it has some.
#[must_use]
pub fn named(record: &Map<String, Value>) -> Option<Vec<&str>> {
    Some(record.get(NAMES)?.as_array()?.iter().filter_map(Value::as_str).collect())
}

/// The names of classes; those that are paths (`alphabet/character/turn`) cut
/// short where everything below belongs to the same side, so that the thousands
/// of Omniglot fit into a file's header.
fn shortened(classes: &[Class], whole: &[Class]) -> Vec<String> {
    let own: HashSet<&str> = classes.iter().map(|class| class.id.as_str()).collect();
    let others = whole.iter().filter(|class| !own.contains(class.id.as_str()));
    let taken: HashSet<&str> = others.flat_map(|class| prefixes(&class.id)).collect();
    let mut names: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    for class in classes {
        let name = prefixes(&class.id).find(|prefix| !taken.contains(prefix));
        let name = name.unwrap_or(&class.id);
        if known.insert(name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// `a`, `a/b` and `a/b/c` of `a/b/c`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.map(|end| &path[..end])
}

/// `n` and eight digits, as ImageNet's folders are called.
fn is_wordnet_id(name: &str) -> bool {
    let digits = name.strip_prefix('n').unwrap_or_default();
    digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::data::Part;

    fn dataset(name: &str, ids: &[&str]) -> Dataset {
        let class = |id: &&str| Class { id: (*id).into(), name: (*id).into(), images: vec![] };
        Dataset { name: name.into(), split: Part::All, classes: ids.iter().map(class).collect() }
    }

    fn provenance(data: &str, train: &[&str], val: &[&str]) -> Map<String, Value> {
        Map::from_iter([
            ("data".to_owned(), json!(data)),
            ("train".to_owned(), record(&dataset(data, train), &dataset(data, train))),
            ("val".to_owned(), record(&dataset(data, val), &dataset(data, val))),
        ])
    }

    fn roles(seen: &Seen, data: &Dataset) -> Vec<Option<Role>> {
        seen.among(data, &data.classes).roles
    }

    const TRAINED: Option<Role> = Some(Role::Trained);
    const CHOSEN: Option<Role> = Some(Role::Chosen);

    #[test]
    fn the_same_names_count_within_the_same_data_only() {
        let seen = Seen::of(&provenance("pets", &["cat", "dog", "hen"], &["cow"]));
        assert!(seen.is_complete());
        let pets = dataset("pets", &["cat", "cow", "emu"]);
        assert_eq!(roles(&seen, &pets), [TRAINED, CHOSEN, None]);
        // Renamed: most of the classes give it away.
        let renamed = dataset("animals", &["cow", "emu", "hen"]);
        assert_eq!(roles(&seen, &renamed), [CHOSEN, None, TRAINED]);
        // Other pictures that happen to have a class of that name.
        let other = dataset("drawings", &["cat", "house", "sun"]);
        let matches = seen.among(&other, &other.classes);
        assert_eq!((matches.roles, matches.namesakes), (vec![None; 3], vec!["cat".to_owned()]));
        // What was seen in this data is not said once more to be another's namesake.
        let mut both = provenance("drawings", &["cat", "house"], &["sun"]);
        both.insert("start".into(), Value::Object(provenance("pets", &["cat", "dog", "hen"], &[])));
        let matches = Seen::of(&both).among(&other, &other.classes);
        assert_eq!((matches.roles, matches.namesakes), (vec![TRAINED, TRAINED, CHOSEN], vec![]));
    }

    #[test]
    fn a_wordnet_id_is_the_same_class_everywhere() {
        let seen =
            Seen::of(&provenance("tiny-imagenet", &["n01443537", "n02", "x", "y", "z"], &[]));
        let mini = dataset("mini-imagenet", &["n01443537", "n02123045", "n02"]);
        assert_eq!(roles(&seen, &mini), [TRAINED, None, None]);
    }

    #[test]
    fn paths_are_cut_short_and_still_found() {
        let train =
            dataset("omniglot", &["A/c1/rot000", "A/c1/rot090", "B/c1/rot000", "B/c2/rot000"]);
        let test = dataset("omniglot", &["B/c3/rot000", "C/c1/rot000"]);
        let classes = train.classes.iter().chain(&test.classes).cloned().collect();
        let whole = Dataset { classes, ..train.clone() };
        assert_eq!(record(&train, &whole)["names"], json!(["A", "B/c1", "B/c2"]));
        let mut record_of = provenance("omniglot", &[], &[]);
        record_of.insert("train".into(), record(&train, &whole));
        let seen = Seen::of(&record_of);
        assert_eq!(roles(&seen, &test), [None, None]);
        assert_eq!(roles(&seen, &train), [TRAINED; 4]);
    }

    #[test]
    fn what_weights_started_from_counts_and_what_is_not_recorded_is_known() {
        let mut record_of = provenance("mine", &["a"], &["b"]);
        let first = provenance("pets", &["cat"], &["dog"]);
        record_of.insert("start".into(), Value::Object(past(&first)));
        let seen = Seen::of(&record_of);
        assert!(seen.is_complete());
        assert_eq!(roles(&seen, &dataset("pets", &["cat", "emu"])), [TRAINED, None]);
        let drawings = provenance("drawings", &["house"], &["sun"]);
        record_of.insert(ALSO.into(), json!([drawings]));
        let with_also = Seen::of(&record_of);
        assert!(with_also.is_complete());
        assert_eq!(roles(&with_also, &dataset("drawings", &["sun", "house"])), [CHOSEN, TRAINED]);
        assert_eq!(Seen::of(&past(&record_of)), with_also);
        record_of.insert(ALSO.into(), json!([{ "data": "drawings" }]));
        assert!(!Seen::of(&record_of).is_complete());
        record_of.remove(ALSO);
        record_of.insert("start".into(), json!({}));
        assert!(!Seen::of(&record_of).is_complete());
        // As files of earlier versions have it.
        let old = json!({"data": "cifar-fs", "train": {"classes": 64, "images": 1}});
        assert!(!Seen::of(old.as_object().unwrap()).is_complete());
        assert!(!Seen::of(&Map::new()).is_complete());
    }

    #[test]
    fn the_shipped_weights_name_their_classes() -> anyhow::Result<()> {
        let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../weights");
        let of = |name: &str| -> anyhow::Result<Seen> {
            let checkpoint = crate::weights::read(&weights.join(format!("{name}.safetensors")))?;
            Ok(Seen::of(&checkpoint.provenance))
        };
        for name in ["cifar-fs", "omniglot", "photos"] {
            assert!(of(name)?.is_complete(), "{name}");
        }
        // Whatever data set these WordNet ids turn up in.
        let ids = ["n01443537", "n01855672", "n01641577"];
        let data = dataset("imagenet", &ids);
        assert_eq!(roles(&of("photos")?, &data), [TRAINED, CHOSEN, None]);
        // Alphabets of the lists' train, val and test sides.
        let ids = ["Angelic/character01/rot090", "Hebrew/character02/rot000"];
        assert_eq!(roles(&of("omniglot")?, &dataset("omniglot", &ids)), [TRAINED, CHOSEN]);
        let kept = "Kannada/character01/rot000";
        assert_eq!(roles(&of("omniglot")?, &dataset("omniglot", &[kept])), [None]);
        Ok(())
    }
}
