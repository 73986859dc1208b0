//! Folders of pictures as people keep them: `train/`, `val/` and `test/` with a
//! folder for each class, or just one folder of class folders.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use fewshot::rng::rng;
use rand::seq::SliceRandom;

use super::{Class, Layout, Listing, entries, folder_name, subfolders};
use crate::data::decode::is_picture;
use crate::data::{ImageSource, Split};

/// Folders within a class's own that hold pictures of that class.
const WITHIN_A_CLASS: [&str; 10] =
    ["images", "image", "img", "pictures", "photos", "train", "val", "valid", "validation", "test"];

/// Folders a class, apart by split.
pub const SPLIT: Layout = Layout {
    name: None,
    known_by: "folders: train/, val/, test/ (train or test at least), each with a folder of \
               pictures for every class",
    usual_folders: &[],
    whole: false,
    own: true,
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
    own: true,
    starts_at: is_whole,
    list: |dir| Ok([Some(classes(dir)?), None, None]),
};

/// Spellings of each split's folder.
fn split_folder(dir: &Path, split: Split) -> Option<PathBuf> {
    let names: &[&str] = match split {
        Split::Train => &["train", "base"],
        Split::Val => &["val", "valid", "validation"],
        Split::Test => &["test", "novel"],
    };
    names.iter().map(|name| dir.join(name)).find(|path| path.is_dir())
}

fn is_whole(dir: &Path) -> bool {
    let holds_pictures =
        |folder: &PathBuf| pictures_of_class(folder).is_ok_and(|all| !all.is_empty());
    subfolders(dir).is_ok_and(|folders| folders.iter().any(holds_pictures))
}

/// The classes of a folder: each subfolder with the pictures in it.
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
    let class = |folder: &PathBuf| -> Result<Class> {
        let images: Vec<ImageSource> =
            pictures_of_class(folder)?.into_iter().map(ImageSource::file).collect();
        if images.is_empty() {
            bail!("the class folder {} holds no picture: add some or remove it", folder.display());
        }
        let id = folder_name(folder)?;
        Ok(Class { name: id.clone(), id, images })
    };
    folders.iter().map(class).collect()
}

/// Pictures directly in a class's folder, and in those within it that
/// [`WITHIN_A_CLASS`] names; sorted.
fn pictures_of_class(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut pictures, mut others) = (Vec::new(), Vec::new());
    for path in entries(folder)? {
        if path.is_dir() {
            others.push(path);
        } else if is_picture(&path) {
            pictures.push(path);
        }
    }
    for path in others {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if WITHIN_A_CLASS.contains(&name.as_str()) {
            pictures.append(&mut pictures_of_class(&path)?);
        }
    }
    Ok(pictures)
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
