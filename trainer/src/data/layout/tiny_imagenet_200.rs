//! tiny-imagenet-200 as Stanford CS231n publishes it: 200 classes with 500
//! pictures each in `train/` and 50 in `val/`; `test/` has no labels.
//!
//! It was made for classification, so it has no split by class. This one is that
//! of tiny-imagenet-fewshot, which the shipped weights were trained on: 64, 16 and
//! 20 of the classes, those that mini-ImageNet has too on the same side as there,
//! with the pictures of `train/`. So this layout and that one are one data set,
//! picture by picture, and give the same episodes. The other 100 classes are in no
//! split.

use std::path::Path;

use anyhow::Result;

use super::{Layout, Listing, readable_names, split_by};

/// WordNet ids of the train, val and test classes, a line each.
const CLASSES: [&str; 3] = [
    include_str!("tiny_imagenet/train.txt"),
    include_str!("tiny_imagenet/val.txt"),
    include_str!("tiny_imagenet/test.txt"),
];

/// `train/<wnid>/images/*.JPEG`, `wnids.txt`, `words.txt`.
pub const LAYOUT: Layout = Layout {
    name: Some("tiny-imagenet"),
    known_by: "tiny-imagenet-200: wnids.txt, words.txt and train/<wnid>/images/*.JPEG",
    usual_folders: &["tiny-imagenet-200"],
    whole: false,
    own: false,
    starts_at: |dir| dir.join("wnids.txt").is_file() && dir.join("train").is_dir(),
    list,
};

fn list(dir: &Path) -> Result<Listing> {
    let names = readable_names(&dir.join("words.txt"))?;
    split_by(
        CLASSES,
        |id| dir.join("train").join(id).join("images"),
        |id| names.get(id).map_or(id, String::as_str).to_owned(),
    )
}
