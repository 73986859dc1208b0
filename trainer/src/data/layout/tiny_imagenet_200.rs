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

use anyhow::{Result, bail};

use super::{Class, Layout, Listing, pictures, readable_names};

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
    let class = |id: &str| -> Result<Class> {
        let folder = dir.join("train").join(id).join("images");
        if !folder.is_dir() {
            bail!("the class '{id}' is missing, there is no {}: complete it", folder.display());
        }
        let name = names.get(id).map_or(id, String::as_str).to_owned();
        Ok(Class { name, id: id.to_owned(), images: pictures(&folder)? })
    };
    let mut listing: Listing = [None, None, None];
    for (side, ids) in listing.iter_mut().zip(CLASSES) {
        *side = Some(ids.lines().map(class).collect::<Result<_>>()?);
    }
    Ok(listing)
}
