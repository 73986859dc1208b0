//! tiny-imagenet-200 as Stanford CS231n publishes it: 200 classes with 500
//! pictures each in `train/` and 50 in `val/`; `test/` has no labels.
//!
//! It was made for classification, so it has no split by class. This one is
//! fixed: classes in the order of the SHA-256 of their WordNet id, the first 128
//! train, the next 32 validate, the last 40 test (64/16/20 %). Both folders'
//! pictures of a class stay together.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::{Class, Layout, Listing, lines, pictures, readable_names};
use crate::data::ImageSource;

/// `train/<wnid>/images/*.JPEG`, `val/val_annotations.txt`, `wnids.txt`.
pub const LAYOUT: Layout = Layout {
    name: Some("tiny-imagenet-200"),
    known_by: "tiny-imagenet-200: wnids.txt, train/<wnid>/images/*.JPEG and \
               val/val_annotations.txt",
    usual_folders: &["tiny-imagenet-200"],
    whole: false,
    starts_at: |dir| dir.join("wnids.txt").is_file() && dir.join("train").is_dir(),
    list,
};

fn list(dir: &Path) -> Result<Listing> {
    let names = readable_names(&dir.join("words.txt"))?;
    let mut ids = lines(&dir.join("wnids.txt"))?;
    ids.sort_by_key(|id| Sha256::digest(id.as_bytes()));
    let mut held_out = validation_pictures(dir)?;
    let mut classes = Vec::with_capacity(ids.len());
    for id in ids {
        let folder = dir.join("train").join(&id).join("images");
        if !folder.is_dir() {
            bail!("wnids.txt names the class '{id}', but there is no {}", folder.display());
        }
        let mut images = pictures(&folder)?;
        images.append(&mut held_out.remove(&id).unwrap_or_default());
        classes.push(Class { name: names.get(&id).unwrap_or(&id).clone(), id, images });
    }
    if let Some(id) = held_out.keys().next() {
        bail!("val/val_annotations.txt names the class '{id}', which wnids.txt does not");
    }
    let total = classes.len();
    let test = classes.split_off(total * 80 / 100);
    let val = classes.split_off(total * 64 / 100);
    Ok([Some(classes), Some(val), Some(test)])
}

/// Pictures of `val/images` by class; none where the folder was left out.
fn validation_pictures(dir: &Path) -> Result<BTreeMap<String, Vec<ImageSource>>> {
    let annotations = dir.join("val/val_annotations.txt");
    let mut by_class: BTreeMap<String, Vec<ImageSource>> = BTreeMap::new();
    if !annotations.is_file() {
        return Ok(by_class);
    }
    for line in lines(&annotations)? {
        let mut fields = line.split_whitespace();
        let (file, id) = fields.next().zip(fields.next()).with_context(|| {
            format!("{}: '{line}' has no file name and class", annotations.display())
        })?;
        let image = ImageSource::file(dir.join("val/images").join(file));
        by_class.entry(id.to_owned()).or_default().push(image);
    }
    Ok(by_class)
}
