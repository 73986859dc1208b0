//! Small models for this crate's tests.

use std::path::{Path, PathBuf};

use candle_core::Device;
use fewshot::{
    Checkpoint, Distance, EncoderConfig, FeatureTransform, GeneratorConfig, GeneratorKind,
    ImageConfig, Model, ModelConfig, Precision,
};

/// A model of 8 channels with random weights.
pub fn checkpoint(size: usize, channels: usize) -> Checkpoint {
    let config = ModelConfig {
        image: ImageConfig {
            size,
            channels,
            mean: vec![0.5; channels],
            std: vec![0.25; channels],
            resize: size,
            invert: false,
        },
        encoder: EncoderConfig { channels: 8, blocks: 4 },
        generator: Some(GeneratorConfig {
            kind: GeneratorKind::Reference,
            hidden: 24,
            dropout: 0.5,
            noise_scale: 1.0,
            hallucinated_weight: None,
        }),
        distance: Distance::L2,
        temperature: 1.0,
        transform: FeatureTransform::None,
        rejection: None,
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
