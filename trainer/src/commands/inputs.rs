//! What a person gives: opened, and said which of it is not used.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::data::{self, Class, DataSource, Picture, Unread};
use crate::recipe::Recipe;
use crate::weights;

/// Opens the data set of an option `--data`.
///
/// # Errors
/// As [`data::open`].
pub fn open(dir: Option<&Path>) -> Result<DataSource> {
    let source = data::open(dir)?;
    say(source.unread());
    Ok(source)
}

/// The class folders of examples.
///
/// # Errors
/// As [`data::class_folders`].
pub fn class_folders(dir: &Path) -> Result<Vec<Class>> {
    let classes = data::class_folders(dir)?;
    say(&Unread::beside(dir, classes.iter()));
    Ok(classes)
}

/// Pictures in a folder, or one.
///
/// # Errors
/// As [`data::loose_pictures`].
pub fn loose_pictures(path: &Path) -> Result<Vec<Picture>> {
    let (pictures, unread) = data::loose_pictures(path)?;
    say(&unread);
    Ok(pictures)
}

/// Where the weights lie that a recipe starts from, by a path that holds in any folder.
///
/// # Errors
/// As [`weights::read`].
pub fn start(recipe: &Recipe) -> Result<Option<PathBuf>> {
    let Some(start) = &recipe.start else { return Ok(None) };
    weights::read(start).context("training cannot start from them")?;
    std::path::absolute(start).map(Some).context("cannot find the weights to start from")
}

fn say(unread: &Unread) {
    if let Some(sentence) = unread.sentence() {
        eprintln!("note: {sentence}");
    }
}
