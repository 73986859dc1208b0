//! What reads bytes from elsewhere, one target each: good files to start from, and a
//! function that reads any. Errors are what is wanted of it; a panic, a hang or
//! gigabytes are not. `tests/hostile` and `fuzz/` call them.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use anyhow::{Context, Result};
use candle_core::Device;
use fewshot::classifier::{Classifier, ClassifierFile, Settings};
use fewshot::sealed::Sealed;
use fewshot::{Checkpoint, Model, Precision};
use fewshot_trainer::data::{Split, Unpack, open, unpack};
use fewshot_trainer::recipe::Recipe;
use image::ImageFormat;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::fixture;

/// Pixels up to which pictures are decoded: larger ones cost what they must.
const MOST_PIXELS: usize = 1 << 20;
/// Bytes that an archive may unpack to.
const MOST_BYTES: u64 = 1 << 20;

/// A reader of files from elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What the files are.
    pub name: &'static str,
    /// Good ones.
    pub seeds: fn() -> Result<Vec<Vec<u8>>>,
    /// Reads any bytes; whether they were good does not matter.
    pub read: fn(&[u8]) -> Result<()>,
}

/// All of them.
pub const TARGETS: [Target; 8] = [
    Target { name: "weights", seeds: weights, read: read_weights },
    Target { name: "classifiers", seeds: classifiers, read: read_classifier },
    Target { name: "pictures", seeds: pictures, read: read_picture },
    Target { name: "archives", seeds: archives, read: read_archive },
    Target { name: "zips_of_pictures", seeds: archives, read: read_zip_of_pictures },
    Target { name: "lists", seeds: lists, read: read_list },
    Target { name: "recipes", seeds: recipes, read: read_recipe },
    Target { name: "state_dicts", seeds: state_dicts, read: read_state_dict },
];

/// The same file without its checksum, which would stop every change at the door.
fn unsealed(bytes: &[u8]) -> Result<Vec<u8>> {
    let Sealed { mut metadata, tensors } = Sealed::open(bytes)?;
    metadata.remove("fewshot.checksum").context("it was not sealed")?;
    Ok(safetensors::serialize(tensors.iter(), Some(metadata))?)
}

fn weights() -> Result<Vec<Vec<u8>>> {
    let checkpoint = fixture::checkpoint()?;
    let [full, half] =
        [Precision::F32, Precision::F16].map(|precision| checkpoint.to_bytes(precision));
    let (full, half) = (full?, half?);
    Ok(vec![unsealed(&full)?, unsealed(&half)?, full])
}

fn read_weights(bytes: &[u8]) -> Result<()> {
    let checkpoint = Checkpoint::from_bytes(bytes)?;
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
    checkpoint.to_bytes(Precision::F16)?;
    let fewshot::ImageConfig { size, channels, .. } = checkpoint.config.image;
    // What a configuration may ask for is a question of its own; a small one must work.
    if size <= 64 {
        let images = candle_core::Tensor::zeros(
            (1, channels, size, size),
            candle_core::DType::F32,
            &Device::Cpu,
        )?;
        model.embedder()?.embed(&images)?;
    }
    Ok(())
}

fn classifiers() -> Result<Vec<Vec<u8>>> {
    let checkpoint = fixture::checkpoint()?;
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
    let mut classifier =
        Classifier::new(&model, Settings::with_head(&model.config, model.config.head))?;
    for class in 0..3 {
        let id = fixture::name(class);
        classifier.add_class(&id, &id)?;
        for number in 0..class {
            let values: Vec<f32> =
                (0..32).map(|index| ((index * (class + 2) + number) % 7) as f32).collect();
            let feature = candle_core::Tensor::from_vec(values, 32, &Device::Cpu)?;
            classifier.add_example(&id, format!("{class}-{number}"), feature)?;
        }
    }
    let sealed = ClassifierFile::of(&classifier, checkpoint.fingerprint()?).to_bytes()?;
    Ok(vec![unsealed(&sealed)?, sealed])
}

fn read_classifier(bytes: &[u8]) -> Result<()> {
    let file = ClassifierFile::from_bytes(bytes)?;
    let checkpoint = fixture::checkpoint()?;
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
    let fingerprint = file.model.clone();
    let mut classifier = file.open(&model, &fingerprint)?;
    let query = candle_core::Tensor::ones((1, 32), candle_core::DType::F32, &Device::Cpu)?;
    classifier.predict(&query)?;
    Ok(())
}

fn pictures() -> Result<Vec<Vec<u8>>> {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let picture = fixture::picture(2, 3);
    let encode = |format: ImageFormat| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format)?;
        Ok(bytes.into_inner())
    };
    [Png, Jpeg, Bmp, Gif, WebP, Tiff].into_iter().map(encode).collect()
}

fn read_picture(bytes: &[u8]) -> Result<()> {
    let decoded = fewshot::image::decode(bytes, MOST_PIXELS)?;
    fewshot::image::prepare(&fewshot::ModelConfig::new(32, 3).image, &decoded.pixels()?)?;
    Ok(())
}

fn archives() -> Result<Vec<Vec<u8>>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let picture = &pictures()?[0];
    for alphabet in ["one", "two"] {
        for character in ["character01", "character02"] {
            let name = format!("images_background/{alphabet}/{character}/0001_01.png");
            zip.start_file(name, SimpleFileOptions::default())?;
            zip.write_all(picture)?;
        }
    }
    Ok(vec![zip.finish()?.into_inner()])
}

fn read_archive(bytes: &[u8]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (archive, into) = (folder.path().join("set.zip"), folder.path().join("set"));
    fs::write(&archive, bytes)?;
    fs::create_dir(&into)?;
    unpack(&archive, &into, Unpack::Zip { most_bytes: MOST_BYTES })
}

fn read_zip_of_pictures(bytes: &[u8]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("images_background.zip"), bytes)?;
    decode_all(folder.path())
}

/// Opens a data set and decodes the first pictures of its classes.
fn decode_all(folder: &Path) -> Result<()> {
    let source = open(Some(folder))?;
    for class in source.split(Split::Train)?.classes.iter().take(3) {
        for image in class.images.iter().take(2) {
            image.decode(32)?;
        }
    }
    Ok(())
}

fn lists() -> Result<Vec<Vec<u8>>> {
    Ok(vec![
        b"filename,label\none.png,n01\ntwo.png,n01\nthree.png,n02\n".to_vec(),
        "filename,label\r\n\"one.png\",\"n,1\"\r\ntwo.png,n\u{e9}\r\n".into(),
        b"n01\nn02\n\n".to_vec(),
    ])
}

/// As the list of base classes of mini-ImageNet, and as that of tiny-imagenet-fewshot.
fn read_list(bytes: &[u8]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let picture = &pictures()?[0];
    let put = |name: &str, content: &[u8]| -> Result<()> {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        Ok(fs::write(path, content)?)
    };
    for name in ["one", "two", "three", "val", "test"] {
        put(&format!("mini/images/{name}.png"), picture)?;
    }
    for class in ["n01", "n02", "val", "test"] {
        put(&format!("tiny/data/{class}/one.png"), picture)?;
    }
    for split in ["val", "test"] {
        put(
            &format!("mini/{split}.csv"),
            format!("filename,label\n{split}.png,{split}").as_bytes(),
        )?;
        put(&format!("tiny/splits/{split}.txt"), split.as_bytes())?;
    }
    put("mini/train.csv", bytes)?;
    put("tiny/splits/train.txt", bytes)?;
    put("tiny/words.txt", bytes)?;
    let mini = decode_all(&folder.path().join("mini"));
    // A good list of the one is none of the other.
    decode_all(&folder.path().join("tiny")).or(mini)
}

fn recipes() -> Result<Vec<Vec<u8>>> {
    let shipped = fewshot_trainer::recipe::shipped::names();
    shipped.map(|name| Ok(Recipe::find(name, &[])?.to_toml()?.into_bytes())).collect()
}

fn read_recipe(bytes: &[u8]) -> Result<()> {
    let recipe = Recipe::parse(&String::from_utf8_lossy(bytes), &[])?;
    // What is read can be written, and is the same when it is read again.
    let again = Recipe::parse(&recipe.to_toml()?, &[])?;
    assert!(again == recipe, "it reads back as another one");
    Ok(())
}

fn state_dicts() -> Result<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cli/torch");
    let read = |name: &str| fs::read(folder.join(name)).with_context(|| name.to_owned());
    Ok(vec![read("conv4.pth")?, read("conv4-stream.pth")?, weights()?.swap_remove(0)])
}

fn read_state_dict(bytes: &[u8]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state_dict.pth");
    fs::write(&path, bytes)?;
    fewshot_trainer::torch::read(&path)?;
    Ok(())
}
