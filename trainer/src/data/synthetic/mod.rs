//! The built-in procedural data set: every class is a species (a beetle, a
//! flower, a fish …) with parameters drawn from its number; every picture varies
//! pose, light and background. No download and no licence.
//!
//! Sines and powers come from the platform, so pictures may differ in the last
//! bit between platforms; on one they are the same for ever.

mod background;
mod colour;
mod family;
mod name;
mod noise;
mod pattern;
mod render;
mod species;

use super::{Class, DataSource, ImageSource, Split};
use anyhow::Result;
pub use render::Instance;
use species::Species;

/// Classes of the train, val and test splits.
const CLASS_COUNTS: [u32; 3] = [200, 50, 100];
/// Pictures of each class.
const IMAGES_PER_CLASS: u32 = 40;

/// Lists the procedural data set; pictures are drawn when they are decoded.
///
/// # Errors
/// Never in practice: the listing is checked like any other.
pub fn source() -> Result<DataSource> {
    let mut first = 0;
    let mut listing = [None, None, None];
    for split in Split::ALL {
        let count = CLASS_COUNTS[split.index()];
        let class = |species: u32| {
            let id = format!("species{species:03}");
            let name = name::name(species, Species::new(species).family.name());
            let image = |instance| ImageSource::drawn(Instance { species, instance });
            Class { name, id, images: (0..IMAGES_PER_CLASS).map(image).collect() }
        };
        listing[split.index()] = Some((first..first + count).map(class).collect());
        first += count;
    }
    DataSource::from_listing("synthetic", listing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_has_its_classes_and_pictures_repeat() {
        let source = source().unwrap();
        let sizes = Split::ALL.map(|split| source.split(split).unwrap().classes.len());
        assert_eq!(sizes, [200, 50, 100]);
        let train = source.split(Split::Train).unwrap();
        let draw =
            |class: usize, image: usize| train.classes[class].images[image].decode(32).unwrap();
        assert_eq!(draw(0, 0), draw(0, 0));
        assert_ne!(draw(0, 0), draw(0, 1));
        assert_eq!((draw(1, 0).width(), draw(1, 0).data().len()), (32, 32 * 32 * 3));
    }

    #[test]
    fn pictures_of_a_class_are_nearer_to_each_other_than_to_other_classes() {
        let train = source().unwrap().split(Split::Train).unwrap();
        // The colour histogram alone: crude, yet far above chance (1 in 10).
        let feature = |class: usize, image: usize| {
            let picture = train.classes[class].images[image].decode(24).unwrap();
            let mut bins = vec![0f32; 64];
            for pixel in picture.data().chunks_exact(3) {
                let bin = |value: u8| usize::from(value >> 6);
                bins[bin(pixel[0]) * 16 + bin(pixel[1]) * 4 + bin(pixel[2])] += 1.0;
            }
            bins
        };
        let distance =
            |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum() };
        let support: Vec<_> = (0..10).map(|class| feature(class, 0)).collect();
        let mut right = 0;
        for class in 0..10 {
            for image in 1..11 {
                let query = feature(class, image);
                let nearest = (0..10).min_by(|&a, &b| {
                    distance(&query, &support[a]).total_cmp(&distance(&query, &support[b]))
                });
                right += usize::from(nearest == Some(class));
            }
        }
        assert!(right >= 25, "{right} of 100");
    }
}
