//! Small models and folders of pictures for this crate's tests.

use std::path::{Path, PathBuf};

use candle_core::Device;
use fewshot::{
    BackboneConfig, Checkpoint, GeneratorConfig, GeneratorKind, Model, ModelConfig, Precision,
};
use image::{Rgb, RgbImage};

/// A model of 8 channels with random weights.
pub fn checkpoint(size: usize, channels: usize) -> Checkpoint {
    let config = ModelConfig {
        backbone: BackboneConfig::conv4(8, 4),
        generator: Some(GeneratorConfig::new(GeneratorKind::Reference, 24)),
        ..ModelConfig::new(size, channels)
    };
    let parameters = Model::init(&config, 1, &Device::Cpu).unwrap();
    Checkpoint { config, provenance: serde_json::Map::new(), parameters }
}

/// Writes [`checkpoint`] into `folder`.
pub fn weights(folder: &Path, size: usize) -> PathBuf {
    let path = folder.join("model.safetensors");
    std::fs::write(&path, checkpoint(size, 3).to_bytes(Precision::F32).unwrap()).unwrap();
    path
}

/// Makes a folder per class with `count` pictures of one colour, a little different each.
pub fn pictures(folder: &Path, classes: &[(&str, [u8; 3])], count: u8) {
    for (class, colour) in classes {
        std::fs::create_dir_all(folder.join(class)).unwrap();
        for number in 0..count {
            let colour = colour.map(|value| value.saturating_add(number * 3));
            let picture = RgbImage::from_fn(20, 24, |x, y| {
                if (x + y) % 7 == 0 { Rgb([number.wrapping_mul(9); 3]) } else { Rgb(colour) }
            });
            picture.save(folder.join(class).join(format!("{number:02}.png"))).unwrap();
        }
    }
}
