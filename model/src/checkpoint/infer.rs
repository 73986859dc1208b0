//! The configuration of a bare PyTorch `state_dict`, read off its shapes.
//!
//! Preprocessing leaves no trace in the shapes, so the usual one is taken:
//! ImageNet's mean and deviation for colour, bright ink for grey.

use crate::{
    BackboneConfig, Error, GeneratorConfig, GeneratorKind, ModelConfig, Parameters, Result,
};

const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const IMAGENET_STD: [f32; 3] = [0.229, 0.224, 0.225];

/// Input sizes in use, and the side of the map Conv-4 leaves of each.
const KNOWN_SIZES: [(usize, usize); 4] = [(28, 1), (32, 2), (64, 4), (84, 5)];

pub(super) fn config(parameters: &Parameters) -> Result<ModelConfig> {
    let shape = |name: &str| -> Result<Vec<usize>> {
        let tensor = parameters.find(name).ok_or_else(|| Error::MissingTensor(name.into()))?;
        Ok(tensor.dims().to_vec())
    };
    let [channels, image_channels, 3, 3] = shape("encoder.0.0.weight")?[..] else {
        return Err(Error::Config("encoder.0.0.weight is not a 3x3 convolution".into()));
    };
    let blocks = (0..)
        .take_while(|block| parameters.find(&format!("encoder.{block}.0.weight")).is_some())
        .count();
    let (mut size, mut generator) = (if image_channels == 1 { 28 } else { 84 }, None);
    if parameters.find("generator.linear3.weight").is_some() {
        let [dim, hidden] = shape("generator.linear3.weight")?[..] else {
            return Err(Error::Config("generator.linear3.weight is not a matrix".into()));
        };
        let side = (dim / channels.max(1)).isqrt();
        let known = KNOWN_SIZES.iter().find(|(_, known_side)| *known_side == side && blocks == 4);
        size = known.map_or(side << blocks, |(size, _)| *size);
        generator = Some(GeneratorConfig::new(GeneratorKind::Reference, hidden));
    }
    let mut config = ModelConfig {
        backbone: BackboneConfig::conv4(channels, blocks),
        generator,
        ..ModelConfig::new(size, image_channels)
    };
    let image = &mut config.image;
    if image_channels == 3 {
        (image.mean, image.std) = (IMAGENET_MEAN.to_vec(), IMAGENET_STD.to_vec());
    } else {
        (image.mean, image.std) = (vec![0.0; image_channels], vec![1.0; image_channels]);
        image.invert = true;
    }
    Ok(config)
}
