//! CIFAR-FS (Bertinetto et al. 2019) from the binary version of CIFAR-100 (Krizhevsky 2009),
//! laid out as R2D2 publishes it: `data/<class>/*.png` and `splits/bertinetto/*.txt`.
//!
//! Its pictures are all 600 of each class, those for training and those for testing, pixel
//! by pixel; its split is by class. The names of R2D2's files are not in that version, so
//! the pictures of a class are in another order here.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use image::RgbImage;
use rayon::prelude::*;

use super::tar;

/// Sides of a picture, pixels.
const SIDE: usize = 32;
const PIXELS: usize = SIDE * SIDE;
/// A record: superclass, class, then all reds, all greens, all blues, row by row.
const RECORD: usize = 2 + 3 * PIXELS;
/// The archive unpacks to 185 MB.
const MOST_BYTES: u64 = 256 << 20;

/// R2D2's lists, names of classes a line each, in their order.
const SPLITS: [(&str, &str); 3] = [
    ("train.txt", include_str!("cifar_fs/train.txt")),
    ("val.txt", include_str!("cifar_fs/val.txt")),
    ("test.txt", include_str!("cifar_fs/test.txt")),
];

/// Makes CIFAR-FS in `to`.
pub(super) fn extract(archive: &Path, to: &Path) -> Result<()> {
    let scratch = tempfile::tempdir_in(to)?;
    let packed = BufReader::new(File::open(archive)?);
    tar::extract(packed, scratch.path(), MOST_BYTES)?;
    let published = scratch.path().join("cifar-100-binary");
    let names = std::fs::read_to_string(published.join("fine_label_names.txt"))
        .context("it does not hold the names of the classes")?;
    let names: Vec<&str> = names.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    for (_list, classes) in SPLITS {
        for class in classes.lines() {
            ensure!(names.contains(&class), "it does not hold the class '{class}'");
            std::fs::create_dir_all(to.join("data").join(class))?;
        }
    }
    for part in ["train", "test"] {
        let records = std::fs::read(published.join(part).with_extension("bin"))
            .with_context(|| format!("it does not hold the pictures of {part}"))?;
        ensure!(records.len() % RECORD == 0, "its {part}.bin ends within a picture");
        records.par_chunks_exact(RECORD).enumerate().try_for_each(|(number, record)| {
            let class = names.get(usize::from(record[1]));
            let class = class.with_context(|| format!("its {part}.bin has a class too many"))?;
            let path = to.join("data").join(class).join(format!("{part}_{number:05}.png"));
            picture(&record[2..]).save(&path).context("a picture cannot be written")
        })?;
    }
    let lists = to.join("splits/bertinetto");
    std::fs::create_dir_all(&lists)?;
    for (list, classes) in SPLITS {
        std::fs::write(lists.join(list), classes)?;
    }
    Ok(())
}

/// The picture of three planes.
fn picture(planes: &[u8]) -> RgbImage {
    RgbImage::from_fn(SIDE as u32, SIDE as u32, |x, y| {
        let pixel = y as usize * SIDE + x as usize;
        image::Rgb([0, 1, 2].map(|plane| planes[plane * PIXELS + pixel]))
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use ::tar::{Builder, Header};
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::data::known::Unpack;
    use crate::data::{Split, open};

    /// Pictures of each class for training, and for testing.
    const EACH: [usize; 2] = [2, 1];

    /// The names of CIFAR-100's classes, in the order of their numbers: the alphabet's.
    fn names() -> Vec<&'static str> {
        let mut names: Vec<_> = SPLITS.iter().flat_map(|(_, list)| list.lines()).collect();
        names.sort_unstable();
        names
    }

    /// A value of a picture, which no other place has in its class.
    fn value(class: usize, number: usize, plane: usize, row: usize, column: usize) -> u8 {
        (class + 7 * number + 50 * plane + 3 * row + column) as u8
    }

    /// The records of a part, class by class.
    fn records(each: usize, first: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for class in 0..names().len() {
            for number in first..first + each {
                bytes.extend([class as u8 / 5, class as u8]);
                for plane in 0..3 {
                    for pixel in 0..PIXELS {
                        bytes.push(value(class, number, plane, pixel / SIDE, pixel % SIDE));
                    }
                }
            }
        }
        bytes
    }

    /// An archive as Krizhevsky publishes it, and the folder to unpack it into.
    fn published(folder: &Path, names: &str, train: &[u8]) -> (PathBuf, PathBuf) {
        let (archive, into) = (folder.join("cifar-100-binary.tar.gz"), folder.join("cifar-fs"));
        std::fs::create_dir_all(&into).unwrap();
        let packed = GzEncoder::new(File::create(&archive).unwrap(), Compression::fast());
        let mut tar = Builder::new(packed);
        let test = records(EACH[1], EACH[0]);
        for (name, content) in [
            ("train.bin", train),
            ("fine_label_names.txt", names.as_bytes()),
            ("coarse_label_names.txt", b"aquatic_mammals\n"),
            ("test.bin", &test),
        ] {
            let mut header = Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            let path = format!("cifar-100-binary/{name}");
            tar.append_data(&mut header, path, content).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        (archive, into)
    }

    #[test]
    fn every_picture_lies_in_the_folder_of_its_class_pixel_by_pixel() {
        let folder = tempfile::tempdir().unwrap();
        let list = names().join("\n") + "\n\n";
        let (archive, into) = published(folder.path(), &list, &records(EACH[0], 0));
        super::super::unpack(&archive, &into, Unpack::Cifar100).unwrap();
        assert!(!archive.exists());
        assert_eq!(std::fs::read_dir(&into).unwrap().count(), 2, "data and splits");
        let source = open(Some(&into)).unwrap();
        assert_eq!(source.name(), "cifar-fs");
        let sides = Split::ALL.map(|split| source.split(split).unwrap());
        assert_eq!(sides.each_ref().map(|side| side.classes.len()), [64, 16, 20]);
        for class in sides.iter().flat_map(|side| &side.classes) {
            let label = names().iter().position(|name| *name == class.id).unwrap();
            assert_eq!(class.images.len(), EACH.iter().sum::<usize>());
            let mut found: Vec<Vec<u8>> = Vec::new();
            for picture in &class.images {
                let picture = image::open(picture.path().unwrap()).unwrap().into_rgb8();
                assert_eq!(picture.dimensions(), (32, 32));
                found.push(picture.into_raw());
            }
            found.sort();
            let picture = |number| -> Vec<u8> {
                let pixels = (0..PIXELS).map(|pixel| (pixel / SIDE, pixel % SIDE));
                pixels
                    .flat_map(|(row, column)| {
                        [0, 1, 2].map(|plane| value(label, number, plane, row, column))
                    })
                    .collect()
            };
            let mut expected: Vec<_> = (0..3).map(picture).collect();
            expected.sort();
            assert!(found == expected, "{}", class.id);
        }
    }

    #[test]
    fn another_archive_is_refused_and_leaves_nothing() {
        let (whole, list) = (records(EACH[0], 0), names().join("\n"));
        let mut wrong = whole.clone();
        wrong[1] = 100;
        for (names, train, told) in [
            (list.replace("worm", "wyrm"), &whole[..], "the class 'worm'"),
            (list.clone(), &whole[..whole.len() - 1], "ends within a picture"),
            (list, &wrong[..], "a class too many"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let (archive, into) = published(folder.path(), &names, train);
            let error = super::super::unpack(&archive, &into, Unpack::Cifar100).unwrap_err();
            assert!(format!("{error:#}").contains(told), "{error:#}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
            assert_eq!(std::fs::read_dir(&into).unwrap().count(), 0);
        }
    }
}
