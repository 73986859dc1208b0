//! Folders of pictures as people keep them: `train/`, `val/` and `test/` with a
//! folder for each class, or just one folder of class folders.

use std::path::Path;

use anyhow::{Result, bail};
use fewshot::rng::rng;
use rand::seq::SliceRandom;

use super::{Class, Layout, Listing, class_folder, entries, subfolders};
use crate::data::Split;
use crate::data::decode::is_picture;

/// Folders a class, apart by split.
pub const SPLIT: Layout = Layout {
    name: None,
    known_by: "folders: train/, val/, test/ (train or test at least), each with a folder of \
               pictures for every class",
    usual_folders: &[],
    whole: false,
    starts_at: |dir| {
        let has_classes = |split: Split| split_folder(dir, split).is_some_and(|dir| is_whole(&dir));
        has_classes(Split::Train) || has_classes(Split::Test)
    },
    list: |dir| {
        let mut listing: Listing = [None, None, None];
        for split in Split::ALL {
            if let Some(folder) = split_folder(dir, split) {
                listing[split.index()] = Some(classes(&folder)?);
            }
        }
        Ok(listing)
    },
};

/// One folder of class folders: all classes stand for every split.
pub const WHOLE: Layout = Layout {
    name: None,
    known_by: "one folder: a subfolder of pictures for every class",
    usual_folders: &[],
    whole: true,
    starts_at: is_whole,
    list: |dir| Ok([Some(classes(dir)?), None, None]),
};

/// Spellings of each split's folder.
fn split_folder(dir: &Path, split: Split) -> Option<std::path::PathBuf> {
    let names: &[&str] = match split {
        Split::Train => &["train", "base"],
        Split::Val => &["val", "valid", "validation"],
        Split::Test => &["test", "novel"],
    };
    names.iter().map(|name| dir.join(name)).find(|path| path.is_dir())
}

fn is_whole(dir: &Path) -> bool {
    let holds_pictures = |folder: &std::path::PathBuf| {
        entries(folder).is_ok_and(|paths| paths.iter().any(|path| is_picture(path)))
    };
    subfolders(dir).is_ok_and(|folders| folders.iter().any(holds_pictures))
}

/// The classes of a folder: each subfolder with the pictures directly in it.
///
/// # Errors
/// Where there is no subfolder, or one without a picture.
pub fn classes(dir: &Path) -> Result<Vec<Class>> {
    let folders = subfolders(dir)?;
    if folders.is_empty() {
        bail!(
            "{} has no class folders: put the pictures of each class in a folder of its own there",
            dir.display()
        );
    }
    folders.iter().map(|folder| class_folder(folder)).collect()
}

/// Cuts classes into 64 % / 16 % / 20 %, at least 2 to validate and to test.
pub fn cut(mut classes: Vec<Class>, seed: u64) -> Listing {
    // A stream of its own, so that the cut does not hang on other uses of the seed.
    classes.shuffle(&mut rng(seed, 0x5711_7000));
    let total = classes.len();
    let part = |percent: usize| (total * percent / 100).max(2);
    let mut test = classes.split_off(total - part(20));
    let mut val = classes.split_off(classes.len() - part(16));
    for side in [&mut classes, &mut val, &mut test] {
        side.sort_by(|a, b| a.id.cmp(&b.id));
    }
    [Some(classes), Some(val), Some(test)]
}
