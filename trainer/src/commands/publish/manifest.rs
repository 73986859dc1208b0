//! `manifest.json`: what the page and the tables know of the published models.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// Its name in the folder of models.
pub const FILE: &str = "manifest.json";

/// All published models; the page offers them in this order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The models.
    pub models: Vec<Entry>,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name, in files and addresses.
    pub id: String,
    /// Its file, in the manifest's folder.
    pub file: String,
    /// Size of the file.
    pub bytes: usize,
    /// Checksum of the file, hexadecimal.
    pub sha256: String,
    /// What people call it.
    pub title: String,
    /// What whoever uses it must know: where numbers made elsewhere come from, on
    /// what terms, and what is not claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The data set it learned from.
    pub data: String,
    /// Its classes, by split.
    pub split: String,
    /// Data sets of other kinds, that its generator learned from too and on which
    /// what is chosen was chosen as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// The recipe that made it: a name, or a file.
    pub recipe: String,
    /// The recipe's seed.
    pub seed: u64,
    /// Time that training took.
    pub wall_minutes: f64,
    /// By split, then by protocol.
    pub scores: Scores,
    /// Whether the page starts with it.
    pub default: bool,
}

/// Scores by split (`val`, `test`), then by protocol (`5w1s`).
pub type Scores = BTreeMap<String, BTreeMap<String, Score>>;

/// An accuracy, as fractions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean over episodes.
    pub accuracy: f64,
    /// Half the width of its 95 % interval.
    pub ci95: f64,
}

impl Manifest {
    /// The manifest of a folder; an empty one where there is none yet.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        serde_json::from_str(&text).with_context(|| {
            format!("{} is not a manifest of models; correct or remove it", path.display())
        })
    }

    /// Adds a model, or replaces the one of its id where it stands. One model is
    /// the default: this one if it says so, else the one that was, else the first.
    pub fn put(&mut self, entry: Entry) {
        if entry.default {
            self.models.iter_mut().for_each(|other| other.default = false);
        }
        match self.models.iter_mut().find(|other| other.id == entry.id) {
            Some(old) => {
                let default = entry.default || old.default;
                *old = Entry { default, ..entry };
            }
            None => self.models.push(entry),
        }
        if !self.models.iter().any(|entry| entry.default)
            && let Some(first) = self.models.first_mut()
        {
            first.default = true;
        }
    }
}
