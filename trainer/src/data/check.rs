//! Looks at every picture of a data set: what `fewshot data check` prints.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Result, ensure};
use fewshot::image::PixelFormat;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{Decoded, ImageSource, Part, Unread, open};

/// What was found in one data set. That no class and no file is on two sides of its
/// split is a condition of opening it; copies of a picture are found here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Name of the data set.
    pub name: String,
    /// Split, its classes and its pictures; one folder without splits is listed once.
    pub splits: Vec<(Part, usize, usize)>,
    /// Files that are in no class.
    pub unread: Unread,
    /// A sentence for each picture that cannot be decoded, or not to its end.
    pub broken: Vec<String>,
    /// Pairs of pictures with the same pixels on one side of the split.
    pub duplicates: Vec<(String, String)>,
    /// Pairs of pictures with the same pixels on two sides of it: what is learned from
    /// one is asked of the other.
    pub leaks: Vec<(String, String)>,
}

/// Decodes every picture once and compares them all.
///
/// # Errors
/// Where the data set cannot be opened; broken pictures are findings instead.
pub fn check(dir: Option<&Path>) -> Result<Findings> {
    let source = open(dir)?;
    let unread = source.unread().clone();
    let mut findings = Findings { name: source.name().to_owned(), unread, ..Findings::default() };
    // Turned copies list a picture more than once.
    let mut images: HashMap<String, (Part, ImageSource)> = HashMap::new();
    let parts = match source.is_whole() {
        true => vec![source.all()],
        false => source.splits().map(|split| source.split(split)).collect::<Result<_>>()?,
    };
    for dataset in parts {
        findings.splits.push((dataset.split, dataset.classes.len(), dataset.image_count()));
        for image in dataset.classes.into_iter().flat_map(|class| class.images) {
            images.entry(image.identity()).or_insert((dataset.split, image));
        }
    }
    let mut images: Vec<(String, (Part, ImageSource))> = images.into_iter().collect();
    images.sort_by(|a, b| a.0.cmp(&b.0));
    let digests: Vec<Result<Vec<u8>>> = images
        .par_iter()
        .map(|(_, (_, image))| {
            let decoded = image.decode(32)?;
            ensure!(!decoded.is_torn(), "{image} ends early: a part of it is missing, replace it");
            let mut hash = Sha256::new();
            hash.update(decoded.width().to_le_bytes());
            hash.update(colours(&decoded));
            Ok(hash.finalize().to_vec())
        })
        .collect();
    let mut first_with: HashMap<Vec<u8>, (&String, Part)> = HashMap::new();
    for ((name, (part, _)), digest) in images.iter().zip(digests) {
        match digest {
            Err(error) => findings.broken.push(format!("{error:#}")),
            Ok(digest) => match first_with.get(&digest) {
                Some((first, on)) if on == part => {
                    findings.duplicates.push(((*first).clone(), name.clone()));
                }
                Some((first, on)) => {
                    findings.leaks.push((format!("{first} ({on})"), format!("{name} ({part})")));
                }
                None => {
                    first_with.insert(digest, (name, *part));
                }
            },
        }
    }
    Ok(findings)
}

/// The picture as RGBA, whichever way its format keeps grey or what is opaque.
fn colours(picture: &Decoded) -> Vec<u8> {
    let data = picture.data();
    match picture.format() {
        PixelFormat::L8 => data.iter().flat_map(|&grey| [grey, grey, grey, u8::MAX]).collect(),
        PixelFormat::Rgb8 => {
            let (pixels, _) = data.as_chunks();
            pixels.iter().flat_map(|&[red, green, blue]| [red, green, blue, u8::MAX]).collect()
        }
        PixelFormat::Rgba8 => data.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    #[test]
    fn broken_and_equal_pictures_are_found() {
        let dir = tempfile::tempdir().unwrap();
        for class in ["a", "b"] {
            std::fs::create_dir(dir.path().join(class)).unwrap();
            let picture = GrayImage::from_pixel(2, 2, Luma([9]));
            picture.save(dir.path().join(class).join("same.png")).unwrap();
        }
        std::fs::write(dir.path().join("b/torn.png"), b"no picture").unwrap();
        let findings = check(Some(dir.path())).unwrap();
        assert_eq!(findings.splits, [(Part::All, 2, 3)]);
        assert!(findings.broken.len() == 1 && findings.broken[0].contains("torn.png"));
        assert_eq!(findings.duplicates.len(), 1);
        assert!(findings.duplicates[0].1.ends_with("b/same.png"));
    }

    #[test]
    fn a_copy_on_another_side_of_the_split_is_found_by_its_content() {
        let dir = tempfile::tempdir().unwrap();
        for (place, value) in [
            ("train/a/1.png", 9),
            ("train/b/1.png", 8),
            ("test/c/other.bmp", 9),
            ("test/d/1.png", 7),
        ] {
            let path = dir.path().join(place);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            GrayImage::from_pixel(2, 2, Luma([value])).save(path).unwrap();
        }
        let findings = check(Some(dir.path())).unwrap();
        assert_eq!(findings.duplicates, []);
        let [(first, second)] = &findings.leaks[..] else { panic!("{findings:?}") };
        assert!(first.contains("other.bmp (test)") && second.contains("1.png (train)"), "{first}");
    }
}
