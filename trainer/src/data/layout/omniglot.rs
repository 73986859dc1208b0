//! Omniglot (Lake et al. 2015), unpacked or straight from its two zips.
//!
//! A character turned by 0, 90, 180 and 270 degrees counts as four classes, as
//! Vinyals et al. (2016) do, in every split. Their lists are used where
//! `splits/vinyals/` has them. Without, the publishers' own parts are: the
//! evaluation alphabets test, and of the background alphabets every sixth in
//! alphabetical order validates while the others train.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use zip::ZipArchive;

use super::{Class, Layout, Listing, folder_name, lines, pictures, subfolders};
use crate::data::{ImageSource, Split, archive};

/// The two parts, as folders or zips.
const PARTS: [&str; 2] = ["images_background", "images_evaluation"];

/// What the pictures of a part may take: ten times what they do.
const MOST_BYTES: u64 = 100 << 20;

/// The folders or zips of Omniglot.
pub const LAYOUT: Layout = Layout {
    name: Some("omniglot"),
    known_by: "Omniglot: images_background and images_evaluation, as folders \
               (<alphabet>/characterNN/*.png) or zips, with splits/vinyals/ if at hand",
    usual_folders: &["omniglot", "omniglot-py"],
    whole: false,
    own: false,
    starts_at: |dir| PARTS.iter().any(|part| part_at(dir, part).is_some()),
    list,
};

/// Pictures by `alphabet/character`.
type Characters = BTreeMap<String, Vec<ImageSource>>;

fn list(dir: &Path) -> Result<Listing> {
    let parts = PARTS.map(|part| part_at(dir, part));
    let lists = dir.join("splits/vinyals");
    if !lists.is_dir() {
        return list_by_part(parts);
    }
    let mut characters = Characters::new();
    for (part, path) in PARTS.iter().zip(parts) {
        let Some(path) = path else {
            bail!("the lists in {} need {part}, as a folder or a zip", lists.display());
        };
        characters.append(&mut read_part(&path)?);
    }
    let mut listing: Listing = [None, None, None];
    for split in Split::ALL {
        let list = lists.join(format!("{split}.txt"));
        let class = |line: &String| {
            turned_class(line, &characters)
                .with_context(|| format!("'{line}' in {} cannot be used", list.display()))
        };
        listing[split.index()] = Some(lines(&list)?.iter().map(class).collect::<Result<_>>()?);
    }
    Ok(listing)
}

/// A class from a line `alphabet/character/rotNNN`.
fn turned_class(line: &str, characters: &Characters) -> Result<Class> {
    let (character, turn) = line.rsplit_once("/rot").context("it does not end in /rotNNN")?;
    let quarters = match turn {
        "000" => 0,
        "090" => 1,
        "180" => 2,
        "270" => 3,
        _ => bail!("a turn is 000, 090, 180 or 270 degrees"),
    };
    let images = characters.get(character).context("there is no such character")?;
    Ok(turned(character, images, quarters))
}

fn turned(character: &str, images: &[ImageSource], quarters: u8) -> Class {
    let id = format!("{character}/rot{:03}", u32::from(quarters) * 90);
    let images = images.iter().map(|image| image.turned(quarters)).collect();
    Class { name: id.clone(), id, images }
}

fn list_by_part([background, evaluation]: [Option<PathBuf>; 2]) -> Result<Listing> {
    let four_turns = |characters: &Characters| -> Vec<Class> {
        let turns = |(character, images): (&String, &Vec<ImageSource>)| {
            [0, 1, 2, 3].map(|quarters| turned(character, images, quarters))
        };
        characters.iter().flat_map(turns).collect()
    };
    let mut listing: Listing = [None, None, None];
    if let Some(path) = background {
        let characters = read_part(&path)?;
        let alphabet = |character: &str| character.split('/').next().unwrap_or("").to_owned();
        let mut alphabets: Vec<String> = characters.keys().map(|name| alphabet(name)).collect();
        alphabets.dedup();
        let validates = |character: &String| {
            let position = alphabets.binary_search(&alphabet(character)).unwrap_or(0);
            position % 6 == 5
        };
        let (val, train): (Characters, Characters) =
            characters.into_iter().partition(|(character, _)| validates(character));
        listing[Split::Train.index()] = Some(four_turns(&train));
        listing[Split::Val.index()] = (!val.is_empty()).then(|| four_turns(&val));
    }
    if let Some(path) = evaluation {
        listing[Split::Test.index()] = Some(four_turns(&read_part(&path)?));
    }
    Ok(listing)
}

/// The folder of a part, or else its zip.
fn part_at(dir: &Path, part: &str) -> Option<PathBuf> {
    let (folder, archive) = (dir.join(part), dir.join(format!("{part}.zip")));
    if folder.is_dir() { Some(folder) } else { archive.is_file().then_some(archive) }
}

fn read_part(path: &Path) -> Result<Characters> {
    let characters = if path.is_dir() { read_folder(path)? } else { read_zip(path)? };
    if characters.is_empty() {
        bail!("{} holds no <alphabet>/<character>/*.png", path.display());
    }
    Ok(characters)
}

fn read_folder(dir: &Path) -> Result<Characters> {
    let mut characters = Characters::new();
    for alphabet in subfolders(dir)? {
        for character in subfolders(&alphabet)? {
            let name = format!("{}/{}", folder_name(&alphabet)?, folder_name(&character)?);
            characters.insert(name, pictures(&character)?);
        }
    }
    Ok(characters)
}

/// All entries, unpacked in memory: some 10 MB, faster than reading them one by one.
fn read_zip(path: &Path) -> Result<Characters> {
    let of_zip = || format!("cannot read {}: fetch the archive again", path.display());
    let bytes = std::fs::read(path).with_context(of_zip)?;
    let mut zip = ZipArchive::new(Cursor::new(bytes)).with_context(of_zip)?;
    let shared: Arc<Path> = path.into();
    let mut entries: BTreeMap<String, Arc<[u8]>> = BTreeMap::new();
    let mut left = MOST_BYTES;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).with_context(of_zip)?;
        let name = entry.name().with_context(of_zip)?.into_owned();
        if entry.is_file() && name.ends_with(".png") {
            let content = archive::read(&mut entry, &mut left, MOST_BYTES).with_context(of_zip)?;
            entries.insert(name, content.into());
        }
    }
    let mut characters = Characters::new();
    for (name, content) in entries {
        // images_background/<alphabet>/<character>/<file>.png; resource forks that a
        // Mac adds to a zip have another shape or start with a dot.
        let fields: Vec<&str> = name.split('/').collect();
        if let [part, alphabet, character, file] = fields[..]
            && PARTS.contains(&part)
            && !file.starts_with('.')
        {
            let image = ImageSource::entry(shared.clone(), name.clone(), content);
            characters.entry(format!("{alphabet}/{character}")).or_default().push(image);
        }
    }
    Ok(characters)
}
