//! Draws the page's sample episodes into `web/public/samples/`:
//!
//! ```sh
//! cargo run --release -p fewshot-trainer --example samples -- OMNIGLOT_DIR
//! ```
//!
//! Pictures come from the procedural data set's test classes, and from Omniglot's evaluation
//! characters (MIT licence), whose folder is the argument. The same files every time.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fewshot_trainer::data::{Class, ImageSource, Split, open};
use image::codecs::jpeg::JpegEncoder;
use serde_json::{Value, json};

/// Where the page takes them from.
const OUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/public/samples");
/// Side of a drawn picture: sharp on a card, small to fetch.
const SIDE: usize = 192;
const QUALITY: u8 = 88;
/// The number of the first test species.
const FIRST: usize = 250;

struct Sample {
    id: &'static str,
    title: &'static str,
    species: &'static [usize],
    shots: usize,
    queries: usize,
    /// Whether its classes are of different families.
    mixed: bool,
}

const DRAWN: [Sample; 5] = [
    Sample {
        id: "butterflies",
        title: "Butterflies",
        species: &[256, 258, 265, 302, 318],
        shots: 3,
        queries: 2,
        mixed: false,
    },
    Sample {
        id: "reef",
        title: "Fish",
        species: &[254, 255, 268, 291, 294],
        shots: 3,
        queries: 2,
        mixed: false,
    },
    Sample {
        id: "meadow",
        title: "Flowers",
        species: &[250, 263, 288, 319, 334],
        shots: 3,
        queries: 2,
        mixed: false,
    },
    Sample {
        id: "beetles",
        title: "Beetles, seen once",
        species: &[264, 278, 292, 297, 309],
        shots: 1,
        queries: 2,
        mixed: false,
    },
    Sample {
        id: "woods",
        title: "Things from the woods",
        species: &[259, 273, 257, 282, 324],
        shots: 2,
        queries: 2,
        mixed: true,
    },
];

/// Alphabets of Omniglot's evaluation set, and one character of each.
const CHARACTERS: [(&str, &str); 5] = [
    ("Tengwar", "character03"),
    ("Glagolitic", "character07"),
    ("Kannada", "character12"),
    ("Aurek-Besh", "character05"),
    ("Tibetan", "character21"),
];

fn main() -> Result<()> {
    let omniglot = std::env::args_os().nth(1).context("give the folder of Omniglot")?;
    let out = Path::new(OUT);
    let classes = &open(None)?.split(Split::Test)?.classes;
    let mut index =
        DRAWN.iter().map(|sample| drawn(sample, classes, out)).collect::<Result<Vec<_>>>()?;
    index.push(characters(&PathBuf::from(omniglot).join("images_evaluation"), out)?);
    let mut text = serde_json::to_string_pretty(&index)?;
    text.push('\n');
    write(&out.join("index.json"), text.as_bytes())
}

/// One episode of drawn pictures.
fn drawn(sample: &Sample, classes: &[Class], out: &Path) -> Result<Value> {
    let mut ways = Vec::new();
    let mut queries = Vec::new();
    for &species in sample.species {
        let class = &classes[species - FIRST];
        // "Kalora beetle" among beetles is "Kalora", among other things "Beetle".
        let (own, family) = class.name.split_once(' ').unwrap_or((&class.name, &class.name));
        let name = capital(if sample.mixed { family } else { own });
        let files = (0..sample.shots + sample.queries)
            .map(|i| {
                let file = format!("{}/{}-{}.jpg", sample.id, class.name.replace(' ', "-"), i + 1);
                write(&out.join(&file), &jpeg(&class.images[i])?)?;
                Ok(file)
            })
            .collect::<Result<Vec<_>>>()?;
        let (support, asked) = files.split_at(sample.shots);
        ways.push(json!({ "name": name, "support": support }));
        queries.push(asked.iter().map(|file| json!({ "file": file, "truth": name })).collect());
    }
    Ok(episode(sample.id, sample.title, "photos", ways, &queries))
}

/// One episode of handwritten characters, one example each, the files as they are.
fn characters(from: &Path, out: &Path) -> Result<Value> {
    let mut ways = Vec::new();
    let mut queries = Vec::new();
    for (alphabet, character) in CHARACTERS {
        let name = format!("{alphabet} {}", character.trim_start_matches("character"));
        let mut found = fs::read_dir(from.join(alphabet).join(character))
            .with_context(|| format!("{} is not Omniglot's evaluation set", from.display()))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        found.sort();
        let files = found
            .iter()
            .take(3)
            .enumerate()
            .map(|(i, path)| {
                let file = format!("characters/{}-{}.png", name.replace(' ', "-"), i + 1);
                write(&out.join(&file), &fs::read(path)?)?;
                Ok(file)
            })
            .collect::<Result<Vec<_>>>()?;
        let (support, asked) = files.split_at(1);
        ways.push(json!({ "name": name, "support": support }));
        queries.push(asked.iter().map(|file| json!({ "file": file, "truth": name })).collect());
    }
    Ok(episode("characters", "Handwriting, seen once", "omniglot", ways, &queries))
}

/// The queries of all classes in turn, so that no answer gives the next one away.
fn episode(id: &str, title: &str, model: &str, ways: Vec<Value>, queries: &[Vec<Value>]) -> Value {
    let rounds = queries.iter().map(Vec::len).max().unwrap_or_default();
    let mixed = (0..rounds).flat_map(|round| {
        let turn = move |i: usize| (i * 2 + round) % queries.len();
        (0..queries.len()).filter_map(move |i| queries[turn(i)].get(round).cloned())
    });
    let mixed: Vec<Value> = mixed.collect();
    json!({ "id": id, "title": title, "model": model, "ways": ways, "queries": mixed })
}

fn jpeg(source: &ImageSource) -> Result<Vec<u8>> {
    let picture = source.decode(SIDE)?;
    let (width, height) = (u32::try_from(picture.width())?, u32::try_from(picture.height())?);
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    image::ImageEncoder::write_image(
        encoder,
        picture.data(),
        width,
        height,
        image::ExtendedColorType::Rgb8,
    )?;
    Ok(bytes)
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
