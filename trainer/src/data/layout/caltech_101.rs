//! Caltech 101 as CaltechDATA publishes it: a folder for each of 101 classes, and
//! one of pictures that belong to none.
//!
//! It has no split by class. This one is that of the figures in this project: 60,
//! 20 and 20 classes; `Faces_easy`, the pictures of `Faces` cut out, is left out.

use std::path::Path;

use anyhow::Result;

use super::{Layout, Listing, split_by};

/// Names of the train, val and test classes, a line each.
const CLASSES: [&str; 3] = [
    include_str!("caltech101/train.txt"),
    include_str!("caltech101/val.txt"),
    include_str!("caltech101/test.txt"),
];

/// `101_ObjectCategories/<class>/*.jpg`.
pub const LAYOUT: Layout = Layout {
    name: Some("caltech101"),
    known_by: "Caltech 101: 101_ObjectCategories/<class>/*.jpg, with BACKGROUND_Google",
    usual_folders: &["101_ObjectCategories", "caltech-101"],
    whole: false,
    own: false,
    starts_at: |dir| {
        ["BACKGROUND_Google", "Faces_easy", "yin_yang"].iter().all(|name| dir.join(name).is_dir())
    },
    list,
};

fn list(dir: &Path) -> Result<Listing> {
    split_by(CLASSES, |id| dir.join(id), |id| id.replace('_', " "))
}
