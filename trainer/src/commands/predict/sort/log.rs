//! What was done to the pictures, in `DIR/sorted.jsonl`: a line before each step. Nothing
//! that is not written there is ever touched by undoing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::write;
use crate::write::place::{Placing, same_content};

/// Name of the log in the folder that was sorted into.
pub const NAME: &str = "sorted.jsonl";

/// A step, which was perhaps not taken: the process may have been ended before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What was to be done.
    pub how: Placing,
    /// Where the picture lay, absolute.
    pub from: PathBuf,
    /// Where it was put, from the log's folder, with `/` on every system: the folder may
    /// be moved as a whole.
    pub to: String,
}

/// The log of a folder.
#[derive(Debug)]
pub struct Log {
    folder: PathBuf,
    /// In the order they were taken.
    entries: Vec<Entry>,
    /// Which of them are about the picture that lay there.
    about: HashMap<PathBuf, Vec<usize>>,
}

impl Log {
    /// The log of `folder`, empty where there is none yet.
    ///
    /// # Errors
    /// Where it cannot be read, or is none.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        // What follows the last line's end was being written when the process was ended;
        // its step was not taken.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            write::cut(&path, whole as u64)?;
        }
        let entry = |(number, line): (usize, &str)| {
            serde_json::from_str(line).with_context(|| {
                let path = path.display();
                format!("line {} of {path} is no step of sorting; mend or remove it", number + 1)
            })
        };
        let mut log =
            Self { folder: folder.to_owned(), entries: Vec::new(), about: HashMap::new() };
        for line in text[..whole].lines().enumerate() {
            log.push(entry(line)?);
        }
        Ok(log)
    }

    /// The steps, in the order they were taken.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Where a step puts its picture.
    pub fn place_of(&self, entry: &Entry) -> PathBuf {
        self.folder.join(&entry.to)
    }

    /// Writes a step down, on the disk when this returns.
    ///
    /// # Errors
    /// Where that is not possible.
    pub fn add(&mut self, entry: Entry) -> Result<()> {
        let path = self.folder.join(NAME);
        let line = serde_json::to_string(&entry)
            .with_context(|| format!("{} cannot be written down", entry.from.display()))?;
        std::fs::create_dir_all(&self.folder)
            .map_err(|error| write::explained(&self.folder, error))?;
        write::append(&path, &(line + "\n"))?;
        self.push(entry);
        Ok(())
    }

    fn push(&mut self, entry: Entry) {
        self.about.entry(entry.from.clone()).or_default().push(self.entries.len());
        self.entries.push(entry);
    }

    /// Whether a copy of `from` or a link to it stands in the class's folder, from an
    /// earlier call.
    pub fn stands(&self, from: &Path, folder: &str, how: Placing) -> bool {
        let about = self.about.get(from).into_iter().flatten();
        about.map(|index| &self.entries[*index]).any(|entry| {
            let there = entry.to.rsplit_once('/').is_some_and(|(parent, _)| parent == folder);
            entry.how == how && there && self.holds(entry)
        })
    }

    /// Whether what the step made is there, and still what the step made.
    pub fn holds(&self, entry: &Entry) -> bool {
        let to = self.place_of(entry);
        if entry.how == Placing::SymbolicLink {
            return std::fs::read_link(&to).is_ok_and(|target| target == entry.from);
        }
        same_content(&entry.from, &to).unwrap_or(false)
    }

    /// Keeps these steps alone; the log goes where none is left.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep(self, entries: &[Entry]) -> Result<()> {
        let path = self.folder.join(NAME);
        if entries.is_empty() {
            return std::fs::remove_file(&path).map_err(|error| write::explained(&path, error));
        }
        let mut text = String::new();
        for entry in entries {
            text += &serde_json::to_string(entry)?;
            text.push('\n');
        }
        write::text(&path, &text)
    }
}
