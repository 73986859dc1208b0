//! Folders of pictures as people keep them: `train/`, `val/` and `test/` with a
//! folder for each class, or just one folder of class folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use fewshot::rng::rng;
use rand::seq::SliceRandom;

use super::{Class, Layout, Listing, entries, folder_name, subfolders};
use crate::data::decode::is_picture;
use crate::data::{ImageSource, Split};

/// Folders that name no class: parts of a data set, and where its pictures are. The page
/// has the same list (`web/src/input/folders.ts`); `tests/folders.json` holds both to one
/// rule: a class is the outermost folder under the one given, past those that only divide.
const DIVIDING: [&str; 12] = [
    "train",
    "training",
    "val",
    "valid",
    "validation",
    "test",
    "testing",
    "image",
    "images",
    "img",
    "pictures",
    "photos",
];

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
    subfolders(dir).is_ok_and(|folders| folders.iter().any(|folder| holds_pictures(folder)))
}

fn holds_pictures(folder: &Path) -> bool {
    let holds =
        |path: &PathBuf| if path.is_dir() { holds_pictures(path) } else { is_picture(path) };
    entries(folder).is_ok_and(|all| all.iter().any(holds))
}

/// The classes of a folder: each subfolder with the pictures in it, however deep.
///
/// # Errors
/// Where there is no subfolder, or one without a picture.
pub fn classes(dir: &Path) -> Result<Vec<Class>> {
    if subfolders(dir)?.is_empty() {
        bail!(
            "{} has no class folders: put the pictures of each class in a folder of its own there",
            dir.display()
        );
    }
    let mut found = BTreeMap::new();
    gather_classes(dir, None, &mut found)?;
    let class = |(name, pictures): (String, Vec<PathBuf>)| {
        let images = pictures.into_iter().map(ImageSource::file).collect();
        Class { id: name.clone(), name, images }
    };
    Ok(found.into_iter().map(class).collect())
}

/// The pictures of each class below `dir`. Within folders that only divide, `outermost` is
/// the first of them: the class of pictures that lie in no other.
fn gather_classes(
    dir: &Path,
    outermost: Option<&str>,
    found: &mut BTreeMap<String, Vec<PathBuf>>,
) -> Result<()> {
    for folder in subfolders(dir)? {
        let name = folder_name(&folder)?;
        let before = count(found);
        if DIVIDING.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            let outermost = outermost.unwrap_or(&name);
            let pictures = entries(&folder)?.into_iter().filter(|path| is_picture(path));
            let pictures: Vec<_> = pictures.filter(|path| !path.is_dir()).collect();
            if !pictures.is_empty() {
                found.entry(outermost.to_owned()).or_default().extend(pictures);
            }
            gather_classes(&folder, Some(outermost), found)?;
        } else {
            pictures_below(&folder, found.entry(name).or_default())?;
        }
        if count(found) == before {
            bail!("the class folder {} holds no picture: add some or remove it", folder.display());
        }
    }
    Ok(())
}

fn count(found: &BTreeMap<String, Vec<PathBuf>>) -> usize {
    found.values().map(Vec::len).sum()
}

/// Adds the pictures of a folder, sorted, then those of its subfolders.
fn pictures_below(folder: &Path, pictures: &mut Vec<PathBuf>) -> Result<()> {
    let (folders, files): (Vec<_>, Vec<_>) =
        entries(folder)?.into_iter().partition(|path| path.is_dir());
    pictures.extend(files.into_iter().filter(|path| is_picture(path)));
    folders.iter().try_for_each(|folder| pictures_below(folder, pictures))
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
