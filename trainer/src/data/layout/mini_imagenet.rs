//! mini-ImageNet by Ravi & Larochelle's lists: `images/*.jpg` beside
//! `train.csv`, `val.csv`, `test.csv` with the columns `filename,label`.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Class, Layout, Listing, entries, readable_names};
use crate::data::{ImageSource, Split};

/// `images/` and three CSV lists.
pub const LAYOUT: Layout = Layout {
    name: Some("mini-imagenet"),
    known_by: "mini-ImageNet: images/*.jpg with train.csv, val.csv and test.csv (columns \
               filename,label)",
    usual_folders: &["mini-imagenet", "mini_imagenet", "miniimagenet", "miniImageNet"],
    whole: false,
    own: false,
    starts_at: |dir| dir.join("images").is_dir() && dir.join("train.csv").is_file(),
    list,
};

fn list(dir: &Path) -> Result<Listing> {
    let images = dir.join("images");
    // One listing of the folder instead of a look at each of 60,000 files.
    let present: HashSet<OsString> =
        entries(&images)?.iter().filter_map(|path| path.file_name().map(Into::into)).collect();
    let names = readable_names(&dir.join("words.txt"))?;
    let mut listing: Listing = [None, None, None];
    for split in Split::ALL {
        let path = dir.join(format!("{split}.csv"));
        let mut classes: BTreeMap<String, Vec<ImageSource>> = BTreeMap::new();
        let mut missing: Vec<String> = Vec::new();
        for (file, label) in rows(&path)? {
            if present.contains(std::ffi::OsStr::new(&file)) {
                let image = ImageSource::file(images.join(&file));
                classes.entry(label).or_default().push(image);
            } else {
                missing.push(file);
            }
        }
        if let Some(first) = missing.first() {
            bail!(
                "{} names {} pictures that are not in {}, the first is {first}: complete the images",
                path.display(),
                missing.len(),
                images.display()
            );
        }
        let class = |(id, images): (String, Vec<ImageSource>)| Class {
            name: names.get(&id).unwrap_or(&id).clone(),
            id,
            images,
        };
        listing[split.index()] = Some(classes.into_iter().map(class).collect());
    }
    Ok(listing)
}

/// The pairs (file name, label) of a list, whichever order its columns have.
fn rows(path: &Path) -> Result<Vec<(String, String)>> {
    let of_list = || format!("cannot read the list {}", path.display());
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).with_context(of_list)?;
    let header = reader.headers().with_context(of_list)?.clone();
    let column = |name: &str| {
        let found = header.iter().position(|field| field == name);
        found
            .with_context(|| format!("{} has no column '{name}' in its first line", path.display()))
    };
    let (file, label) = (column("filename")?, column("label")?);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.with_context(of_list)?;
        rows.push((record[file].to_owned(), record[label].to_owned()));
    }
    if rows.is_empty() {
        bail!("the list {} is empty", path.display());
    }
    Ok(rows)
}
