//! Draws the page's sample episodes into `web/public/samples/`:
//!
//! ```sh
//! cargo run --release -p fewshot-trainer --example samples -- OMNIGLOT_DIR PHOTOGRAPHS_DIR
//! ```
//!
//! Photographs are copied from the second folder, `groceries/` and `hand-signs/` with a folder a
//! class (README.md there says whose they are). The others come from the procedural data set's
//! test classes, and from Omniglot's evaluation characters (MIT licence), whose folder is the
//! first argument. The same files every time.

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
}

/// Photographs as they were taken: a folder a class, its first pictures teach, the others ask.
struct Photographed {
    id: &'static str,
    title: &'static str,
    /// Folders, and what the class is called.
    classes: &'static [(&'static str, &'static str)],
    shots: usize,
    queries: usize,
}

const PHOTOGRAPHED: [Photographed; 2] = [
    Photographed {
        id: "groceries",
        title: "Groceries",
        classes: &[
            ("aubergine", "Aubergine"),
            ("banana", "Banana"),
            ("kiwi", "Kiwi"),
            ("lemon", "Lemon"),
            ("orange", "Orange"),
            ("red pepper", "Red pepper"),
        ],
        shots: 3,
        queries: 2,
    },
    Photographed {
        id: "hand-signs",
        title: "Hand signs",
        classes: &[("0", "0"), ("1", "1"), ("2", "2"), ("3", "3"), ("4", "4"), ("5", "5")],
        shots: 4,
        queries: 2,
    },
];

const DRAWN: [Sample; 3] = [
    Sample {
        id: "butterflies",
        title: "Butterflies",
        species: &[256, 258, 265, 302, 318],
        shots: 3,
        queries: 2,
    },
    Sample { id: "reef", title: "Fish", species: &[254, 255, 268, 291, 294], shots: 3, queries: 2 },
    Sample {
        id: "beetles",
        title: "Beetles, seen once",
        species: &[264, 278, 292, 297, 309],
        shots: 1,
        queries: 2,
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
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let omniglot = arguments.next().context("give the folder of Omniglot")?;
    let photographs = arguments.next().context("give the folder of the photographs")?;
    let out = Path::new(OUT);
    let classes = &open(None)?.split(Split::Test)?.classes;
    let mut index = Vec::new();
    for sample in &PHOTOGRAPHED {
        index.push(photographed(sample, &photographs.join(sample.id), out)?);
    }
    for sample in &DRAWN {
        index.push(drawn(sample, classes, out)?);
    }
    index.push(characters(&omniglot.join("images_evaluation"), out)?);
    let mut text = serde_json::to_string_pretty(&index)?;
    text.push('\n');
    write(&out.join("index.json"), text.as_bytes())
}

/// One episode of photographs, the files as they are.
fn photographed(sample: &Photographed, from: &Path, out: &Path) -> Result<Value> {
    let mut ways = Vec::new();
    let mut queries = Vec::new();
    for (folder, name) in sample.classes {
        let files = (1..=sample.shots + sample.queries)
            .map(|number| {
                let picture = from.join(folder).join(format!("{number}.jpg"));
                let bytes = fs::read(&picture)
                    .with_context(|| format!("cannot read {}", picture.display()))?;
                let file = format!("{}/{}-{number}.jpg", sample.id, folder.replace(' ', "-"));
                write(&out.join(&file), &bytes)?;
                Ok(file)
            })
            .collect::<Result<Vec<_>>>()?;
        let (support, asked) = files.split_at(sample.shots);
        ways.push(json!({ "name": name, "support": support }));
        queries.push(asked.iter().map(|file| json!({ "file": file, "truth": name })).collect());
    }
    Ok(episode(sample.id, sample.title, None, ways, &queries))
}

/// One episode of drawn pictures.
fn drawn(sample: &Sample, classes: &[Class], out: &Path) -> Result<Value> {
    let mut ways = Vec::new();
    let mut queries = Vec::new();
    for &species in sample.species {
        let class = &classes[species - FIRST];
        // "Kalora beetle" among beetles is "Kalora".
        let name = capital(class.name.split(' ').next().unwrap_or_default());
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
    Ok(episode(sample.id, sample.title, None, ways, &queries))
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
    Ok(episode("characters", "Handwriting, seen once", Some("omniglot"), ways, &queries))
}

/// The queries of all classes in turn, so that no answer gives the next one away. `model` is the
/// one that a sample cannot do without; null leaves the choice to the page.
fn episode(
    id: &str,
    title: &str,
    model: Option<&str>,
    ways: Vec<Value>,
    queries: &[Vec<Value>],
) -> Value {
    let rounds = queries.iter().map(Vec::len).max().unwrap_or_default();
    // Has no divisor in common with the number of classes, so that every one has its turn.
    let stride = if queries.len().is_multiple_of(2) { queries.len() - 1 } else { 2 };
    let mixed = (0..rounds).flat_map(|round| {
        let turn = move |i: usize| (i * stride + round) % queries.len();
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
