//! Recognises how a data set lies on disk.
//!
//! A file a layout. Each says by which entries it is known, where it starts
//! below a given folder, and lists the classes of its splits. Nothing is decoded
//! here.

mod caltech_101;
mod folders;
mod lists;
mod mini_imagenet;
mod omniglot;
mod tiny_imagenet_200;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::decode::is_picture;
use super::overlap::check_disjoint;
use super::unread::is_system;
use super::{Class, Dataset, ImageSource, Part, Split, Unread};
pub use folders::classes as class_folders;

/// The classes of each split; `None` where the data set has no such split.
type Listing = [Option<Vec<Class>>; 3];

/// How one publisher lays a data set out.
struct Layout {
    /// Name of the data set, where the layout belongs to one; else its folder's.
    name: Option<&'static str>,
    /// What it is known by, for the error that lists what was looked for.
    known_by: &'static str,
    /// Folder names under which it usually lies within the folder given.
    usual_folders: &'static [&'static str],
    /// Whether its classes have no splits, so that all stand for each.
    whole: bool,
    /// Whether people keep their own pictures so.
    own: bool,
    /// Whether the layout starts at this folder.
    starts_at: fn(&Path) -> bool,
    /// Lists its classes.
    list: fn(&Path) -> Result<Listing>,
}

/// Tried in this order: the particular before the general.
const LAYOUTS: [Layout; 9] = [
    mini_imagenet::LAYOUT,
    lists::CIFAR_FS,
    lists::TINY_IMAGENET,
    lists::LISTED,
    tiny_imagenet_200::LAYOUT,
    caltech_101::LAYOUT,
    omniglot::LAYOUT,
    folders::SPLIT,
    folders::WHOLE,
];

/// A data set that was recognised: its classes, by split, and nothing decoded.
#[derive(Clone, Debug)]
pub struct DataSource {
    name: String,
    listing: Listing,
    /// One folder of classes without splits, listed as the first: it serves as all.
    whole: bool,
    /// A folder as people keep them, in no publisher's layout.
    own: bool,
    /// What lies in such a folder besides.
    unread: Unread,
}

/// Recognises the data set in `dir`, or the built-in procedural one for `None`.
///
/// # Errors
/// Where no layout, or more than one, is found there; where its lists name
/// pictures that are missing; where a class or picture is on two sides.
pub fn open(dir: Option<&Path>) -> Result<DataSource> {
    let Some(dir) = dir else { return super::synthetic::source() };
    if !dir.is_dir() {
        bail!("there is no folder {}: check the path given as data", dir.display());
    }
    let (layout, root) = recognise(dir)?;
    let listing = (layout.list)(&root)
        .with_context(|| format!("cannot use the data in {}", root.display()))?;
    check_disjoint(&listing)
        .with_context(|| format!("the splits of {} overlap", root.display()))?;
    let name = match layout.name {
        Some(name) => name.to_owned(),
        None => folder_name(&root)?,
    };
    let unread = match layout.own {
        true => Unread::beside(&root, listing.iter().flatten().flatten()),
        false => Unread::default(),
    };
    Ok(DataSource { name, listing, whole: layout.whole, own: layout.own, unread })
}

fn recognise(dir: &Path) -> Result<(&'static Layout, PathBuf)> {
    const ALL: &[Layout] = &LAYOUTS;
    let here =
        ALL.iter().find(|layout| (layout.starts_at)(dir)).map(|found| (found, dir.to_owned()));
    // A folder that only looks like a class may be a published set that lies there.
    if let Some(found) = here.clone().filter(|(layout, _)| !layout.whole) {
        return Ok(found);
    }
    let mut found: Vec<(&Layout, PathBuf)> = Vec::new();
    for layout in ALL {
        let below = layout.usual_folders.iter().map(|name| dir.join(name));
        found.extend(below.filter(|root| (layout.starts_at)(root)).map(|root| (layout, root)));
    }
    found.extend(here.filter(|_| found.is_empty()));
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            let known = ALL.iter().map(|layout| format!("\n  - {}", layout.known_by));
            bail!(
                "{} holds no data set that is known. Looked for, there and in its usual subfolder:{}",
                dir.display(),
                known.collect::<String>()
            )
        }
        _ => {
            let roots: Vec<_> = found.iter().map(|(_, root)| root.display().to_string()).collect();
            bail!("{} holds several data sets; give one of {}", dir.display(), roots.join(", "))
        }
    }
}

impl DataSource {
    /// A data set from classes already at hand.
    ///
    /// # Errors
    /// Where a class or a picture is on two sides.
    pub fn from_listing(name: &str, listing: [Option<Vec<Class>>; 3]) -> Result<Self> {
        check_disjoint(&listing).with_context(|| format!("the splits of {name} overlap"))?;
        let unread = Unread::default();
        Ok(Self { name: name.to_owned(), listing, whole: false, own: false, unread })
    }

    /// Name of the data set, such as `cifar-fs`, or of its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The splits it has.
    pub fn splits(&self) -> impl Iterator<Item = Split> + '_ {
        Split::ALL.into_iter().filter(|split| self.whole || self.listing[split.index()].is_some())
    }

    /// Whether it is one folder of classes without splits.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether it is somebody's own folder, in no publisher's layout.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.own
    }

    /// The files of its folder that are not used.
    #[must_use]
    pub fn unread(&self) -> &Unread {
        &self.unread
    }

    /// Every class, whichever split it belongs to.
    #[must_use]
    pub fn all(&self) -> Dataset {
        let classes = self.listing.iter().flatten().flatten().cloned().collect();
        Dataset { name: self.name.clone(), split: Part::All, classes }
    }

    /// The classes of one split. One folder of classes gives all of them for
    /// every split: right for evaluating a model that was trained elsewhere.
    ///
    /// # Errors
    /// Where the data set has no such split.
    pub fn split(&self, split: Split) -> Result<Dataset> {
        let side = if self.whole { 0 } else { split.index() };
        let Some(classes) = &self.listing[side] else {
            let has: Vec<_> = self.splits().map(Split::name).collect();
            bail!("the data set {} has no split '{split}'; it has {}", self.name, has.join(", "))
        };
        Ok(Dataset { name: self.name.clone(), split: split.into(), classes: classes.clone() })
    }

    /// The same data with classes apart for training and validation, and where
    /// that had to be made up, a sentence that says how.
    ///
    /// A data set with splits comes back as it is. One folder of classes is cut
    /// by seed: 64 % of its classes to train, 16 % to choose weights on, 20 % to
    /// test.
    ///
    /// # Errors
    /// Where there are too few classes to cut, or no training split.
    pub fn for_training(&self, seed: u64) -> Result<(Self, Option<String>)> {
        if !self.whole {
            self.split(Split::Train)?;
            return Ok((self.clone(), None));
        }
        let classes = self.listing[0].clone().unwrap_or_default();
        let total = classes.len();
        if total < 6 {
            bail!(
                "{} has {total} classes; to train, at least 6 are needed so that 2 are left for \
                 validation and 2 for testing",
                self.name
            );
        }
        let listing = folders::cut(classes, seed);
        let [train, val, test] = [0, 1, 2].map(|side| listing[side].as_ref().map_or(0, Vec::len));
        let sentence = format!(
            "{} has no splits; of its {total} classes, {train} train, {val} validate and {test} \
             are kept for testing (drawn with seed {seed})",
            self.name
        );
        Ok((Self { listing, whole: false, ..self.clone() }, Some(sentence)))
    }
}

/// Name of a folder, also for `.` and paths that end in a slash; a link keeps its own.
fn folder_name(path: &Path) -> Result<String> {
    if let Some(name) = path.file_name() {
        return Ok(name.to_string_lossy().into_owned());
    }
    let full = path.canonicalize().with_context(|| format!("cannot open {}", path.display()))?;
    Ok(full.file_name().map_or_else(|| "data".into(), |name| name.to_string_lossy().into_owned()))
}

/// Sorted entries of a folder, hidden and system ones left out.
fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let of_dir = || format!("cannot list {}: check the path and its rights", dir.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(of_dir)? {
        let entry = entry.with_context(of_dir)?;
        if !is_system(&entry.file_name()) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// Subfolders, sorted.
fn subfolders(dir: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(dir)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// Pictures directly in a class's folder, sorted; an empty class is an error.
fn pictures(dir: &Path) -> Result<Vec<ImageSource>> {
    let files = entries(dir)?.into_iter().filter(|path| is_picture(path));
    let images: Vec<_> = files.map(ImageSource::file).collect();
    if images.is_empty() {
        bail!("the class folder {} holds no picture: add some or remove it", dir.display());
    }
    Ok(images)
}

/// A class that is one folder.
fn class_folder(dir: &Path) -> Result<Class> {
    let id = folder_name(dir)?;
    Ok(Class { name: id.clone(), id, images: pictures(dir)? })
}

/// The classes that our own lists name for train, val and test, a line each, of a
/// publisher who split nothing: where each lies, and what people call it.
fn split_by(
    lists: [&str; 3],
    folder: impl Fn(&str) -> PathBuf,
    name: impl Fn(&str) -> String,
) -> Result<Listing> {
    let class = |id: &str| -> Result<Class> {
        let folder = folder(id);
        if !folder.is_dir() {
            bail!("the class '{id}' is missing, there is no {}: complete it", folder.display());
        }
        Ok(Class { id: id.to_owned(), name: name(id), images: pictures(&folder)? })
    };
    let mut listing: Listing = [None, None, None];
    for (side, ids) in listing.iter_mut().zip(lists) {
        *side = Some(ids.lines().map(class).collect::<Result<_>>()?);
    }
    Ok(listing)
}

/// The lines of a list that are not blank, without what surrounds them.
fn lines(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path)?;
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        bail!("the list {} is empty: fetch the data set again", path.display());
    }
    Ok(lines.into_iter().map(str::to_owned).collect())
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("cannot read {}: is the data set complete?", path.display()))
}

/// `words.txt` of ImageNet: WordNet id, tab, synonyms; the first is a readable
/// name. Where the file is missing ids serve as names.
fn readable_names(words: &Path) -> Result<BTreeMap<String, String>> {
    if !words.is_file() {
        return Ok(BTreeMap::new());
    }
    let text = read_text(words)?;
    let pairs = text.lines().filter_map(|line| line.split_once('\t'));
    let first = |synonyms: &str| synonyms.split(',').next().unwrap_or_default().trim().to_owned();
    Ok(pairs.map(|(id, synonyms)| (id.trim().to_owned(), first(synonyms))).collect())
}

#[cfg(test)]
mod tests;
