//! Data sets: what they hold, how they are found on disk, and how their
//! pictures become batches.
//!
//! [`open`] recognises a layout and lists its classes; [`PixelCache`] decodes
//! every picture once; without a folder a procedural data set is drawn. Sampling
//! episodes is not here: that is [`fewshot::episode`], the same code the web page
//! has.

mod archive;
mod cache;
mod check;
mod decode;
mod disk_cache;
mod download;
mod known;
mod layout;
mod loose;
mod overlap;
mod source;
mod synthetic;
mod told;
mod torn;
mod unread;

pub(crate) use archive::read_within;
pub use archive::unpack;
pub use cache::{PixelCache, Side};
pub use check::{Findings, check};
pub use decode::{decode_bytes, decode_file};
pub use download::fetch;
pub use fewshot::image::Decoded;
pub use known::{KNOWN, Known, Remote, Unpack, known};
pub use layout::{DataSource, class_folders, open};
pub use loose::{Picture, loose_pictures};
pub use source::ImageSource;
pub use synthetic::Instance;
pub use told::decoded;
pub use torn::sentence as sentence_of_torn;
pub use unread::{Unread, relative};

use std::path::Path;

use anyhow::{Result, bail};

/// Which classes: few-shot data sets split by class, not by picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Base classes: the encoder and the generator learn from them.
    Train,
    /// Classes for choosing weights and settings.
    Val,
    /// Novel classes, looked at once a model is finished.
    Test,
}

impl Split {
    /// All three, in the order in which they are counted.
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// `train`, `val` or `test`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Train => 0,
            Self::Val => 1,
            Self::Test => 2,
        }
    }
}

impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Split {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|split| split.name() == text) {
            Some(split) => Ok(split),
            None => bail!("there is no split '{text}'; choose train, val or test"),
        }
    }
}

/// Which of a data set's classes are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Those of one split.
    Of(Split),
    /// All of them, whichever split they belong to.
    All,
}

impl Part {
    /// Every name that can be typed.
    pub const NAMES: &[&str] = &["train", "val", "test", "all"];

    /// `train`, `val`, `test` or `all`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Of(split) => split.name(),
            Self::All => "all",
        }
    }
}

impl From<Split> for Part {
    fn from(split: Split) -> Self {
        Self::Of(split)
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Part {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == Self::All.name() { Ok(Self::All) } else { text.parse().map(Self::Of) }
    }
}

impl serde::Serialize for Part {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One class and its pictures.
#[derive(Clone, Debug)]
pub struct Class {
    /// What identifies the class within the data set, such as a WordNet id.
    pub id: String,
    /// What a person calls it; the id where the data set says nothing else.
    pub name: String,
    /// Its pictures, sorted.
    pub images: Vec<ImageSource>,
}

/// Some classes of a data set.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Name of the data set, such as `cifar-fs`.
    pub name: String,
    /// Which classes these are.
    pub split: Part,
    /// The classes, in the order the data set lists them.
    pub classes: Vec<Class>,
}

impl Dataset {
    /// Pictures that belong to no data set, as one class of one split.
    #[must_use]
    pub fn loose(images: Vec<ImageSource>) -> Self {
        let class = Class { id: String::new(), name: String::new(), images };
        Self { name: "pictures".into(), split: Split::Test.into(), classes: vec![class] }
    }

    /// Pictures in each class: what an episode sampler needs.
    #[must_use]
    pub fn class_sizes(&self) -> Vec<usize> {
        self.classes.iter().map(|class| class.images.len()).collect()
    }

    /// Pictures in all classes.
    #[must_use]
    pub fn image_count(&self) -> usize {
        self.classes.iter().map(|class| class.images.len()).sum()
    }
}

/// What a person calls the data of an option `--data`.
#[must_use]
pub fn shown(dir: Option<&Path>) -> String {
    dir.map_or("the procedural data set".into(), |dir| dir.display().to_string())
}
