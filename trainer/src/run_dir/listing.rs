//! The classes and pictures that a run began with, so that going on with other data
//! is noticed: exactly the same weights come only from exactly the same pictures.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::data::{DataSource, Dataset};

/// By split, or `all` where there are none, then by class: the number of its
/// pictures and a digest of their names and sizes, as `20:1f0c8a3e`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Listing {
    parts: BTreeMap<String, BTreeMap<String, String>>,
}

impl Listing {
    /// Of a data set as it lies there now; nothing is decoded.
    ///
    /// # Errors
    /// Where a picture is gone since it was listed.
    pub fn of(source: &DataSource) -> Result<Self> {
        let parts: Vec<Dataset> = match source.is_whole() {
            true => vec![source.all()],
            false => source.splits().map(|split| source.split(split)).collect::<Result<_>>()?,
        };
        let classes = |part: &Dataset| -> Result<BTreeMap<String, String>> {
            part.classes
                .iter()
                .map(|class| Ok((class.id.clone(), summary(&class.images)?)))
                .collect()
        };
        let parts = parts.iter().map(|part| Ok((part.split.name().to_owned(), classes(part)?)));
        Ok(Self { parts: parts.collect::<Result<_>>()? })
    }

    /// What is different `now`, as the first difference found; none where all is
    /// the same.
    #[must_use]
    pub fn difference(&self, now: &Self) -> Option<String> {
        for (part, classes) in &self.parts {
            let Some(present) = now.parts.get(part) else {
                return Some(format!("the split '{part}' is gone"));
            };
            for (class, before) in classes {
                let Some(after) = present.get(class) else {
                    return Some(format!("the class '{class}' is gone"));
                };
                let count = |summary: &str| summary.split(':').next().unwrap_or("").to_owned();
                let (had, has) = (count(before), count(after));
                if had != has {
                    return Some(format!("the class '{class}' had {had} pictures and has {has}"));
                }
                if before != after {
                    return Some(format!("the class '{class}' has other pictures than before"));
                }
            }
            if let Some(class) = present.keys().find(|class| !classes.contains_key(*class)) {
                return Some(format!("the class '{class}' is new"));
            }
        }
        let new = now.parts.keys().find(|part| !self.parts.contains_key(*part));
        new.map(|part| format!("the split '{part}' is new"))
    }
}

fn summary(images: &[crate::data::ImageSource]) -> Result<String> {
    let mut hash = Sha256::new();
    for image in images {
        let (name, size_bytes) = image.name_and_size()?;
        hash.update(format!("{name}\t{size_bytes}\n"));
    }
    let digest: String = hex::encode(&hash.finalize()[..4]);
    Ok(format!("{}:{digest}", images.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data, testing};

    #[test]
    fn what_has_changed_is_named() -> Result<()> {
        let folder = tempfile::tempdir()?;
        testing::pictures(folder.path(), &[("a", [9, 9, 9]), ("b", [90, 9, 9])], 2);
        let now = || Listing::of(&data::open(Some(folder.path()))?);
        let before = now()?;
        let told = |change: &dyn Fn(&std::path::Path)| -> Result<Option<String>> {
            change(folder.path());
            Ok(before.difference(&now()?))
        };
        assert_eq!(told(&|_| {})?, None);
        let says = |told: Option<String>, part: &str| {
            assert!(told.as_deref().is_some_and(|told| told.contains(part)), "{told:?}: {part}");
        };
        let moved = |from: &'static str, to: &'static str| {
            move |root: &std::path::Path| std::fs::rename(root.join(from), root.join(to)).unwrap()
        };
        says(told(&moved("a/00.png", "a/aside"))?, "'a' had 2 pictures and has 1");
        says(told(&moved("a/aside", "a/zz.png"))?, "'a' has other pictures");
        told(&moved("a/zz.png", "a/00.png"))?;
        says(told(&moved("b", "c"))?, "'b' is gone");
        told(&moved("c", "b"))?;
        says(told(&|root| testing::pictures(root, &[("d", [1, 2, 3])], 1))?, "'d' is new");
        Ok(())
    }
}
