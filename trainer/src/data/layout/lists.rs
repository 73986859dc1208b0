//! One folder a class under `data/`, and a list of classes a split: CIFAR-FS as
//! R2D2 published it (Bertinetto et al. 2019), tiny-imagenet-fewshot, Caltech 101.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Class, Layout, Listing, class_folder, lines, readable_names};
use crate::data::Split;

/// `cifar100/data/<class>/*.png` with `splits/bertinetto/*.txt`.
pub const CIFAR_FS: Layout = Layout {
    name: Some("cifar-fs"),
    known_by: "CIFAR-FS: data/<class>/*.png and splits/bertinetto/{train,val,test}.txt, \
               usually in cifar100/",
    usual_folders: &["cifar100", "cifar-fs"],
    whole: false,
    own: false,
    starts_at: |dir| dir.join("data").is_dir() && dir.join("splits/bertinetto/train.txt").is_file(),
    list: |dir| list(dir, &dir.join("splits/bertinetto")),
};

/// `tiny-imagenet-fewshot/data/<wnid>/*.JPEG` with `splits/*.txt` and `words.txt`.
pub const TINY_IMAGENET: Layout = Layout {
    name: Some("tiny-imagenet"),
    known_by: "tiny-imagenet-fewshot: data/<wnid>/*.JPEG, splits/{train,val,test}.txt and words.txt",
    usual_folders: &["tiny-imagenet-fewshot"],
    whole: false,
    own: false,
    starts_at: |dir| is_listed(dir) && dir.join("words.txt").is_file(),
    list: |dir| list(dir, &dir.join("splits")),
};

/// The same without WordNet ids, such as Caltech 101; called as its folder is.
pub const LISTED: Layout = Layout {
    name: None,
    known_by: "classes by list, as caltech101: data/<class>/*.jpg and splits/{train,val,test}.txt",
    usual_folders: &["caltech101"],
    whole: false,
    own: false,
    starts_at: is_listed,
    list: |dir| list(dir, &dir.join("splits")),
};

fn is_listed(dir: &Path) -> bool {
    dir.join("data").is_dir() && dir.join("splits/train.txt").is_file()
}

fn list(dir: &Path, lists: &Path) -> Result<Listing> {
    let names = readable_names(&dir.join("words.txt"))?;
    let mut listing: Listing = [None, None, None];
    for split in Split::ALL {
        let list = lists.join(format!("{split}.txt"));
        let class = |id: &String| -> Result<Class> {
            let folder = dir.join("data").join(id);
            if !folder.is_dir() {
                bail!(
                    "{} names the class '{id}', but there is no {}",
                    list.display(),
                    folder.display()
                );
            }
            let mut class = class_folder(&folder)?;
            class.id.clone_from(id);
            class.name = names.get(id).cloned().unwrap_or_else(|| id.replace('_', " "));
            Ok(class)
        };
        let ids = lines(&list).context("every split has its list")?;
        listing[split.index()] = Some(ids.iter().map(class).collect::<Result<_>>()?);
    }
    Ok(listing)
}
