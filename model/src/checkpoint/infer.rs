//! The configuration of a bare PyTorch `state_dict`, read off its shapes.
//!
//! Preprocessing leaves no trace in the shapes, so the usual one is taken:
//! ImageNet's mean and deviation for colour, bright ink for grey.

use crate::{
    BackboneConfig, Distance, Error, GeneratorConfig, GeneratorKind, ModelConfig, Parameters,
    Result,
    config::{EfficientNetLite0Config, ResNet12Config},
};

const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const IMAGENET_STD: [f32; 3] = [0.229, 0.224, 0.225];

/// Input sizes in use, and the side of the map Conv-4 leaves of each.
const KNOWN_SIZES: [(usize, usize); 4] = [(28, 1), (32, 2), (64, 4), (84, 5)];

/// Input sizes that ResNet-12 and EfficientNet-Lite0 are usually given.
const RESNET12_SIZE: usize = 84;
const EFFICIENTNET_LITE0_SIZE: usize = 224;

pub(super) fn config(parameters: &Parameters) -> Result<ModelConfig> {
    if let Some(stem) = parameters.find("encoder._conv_stem.weight") {
        return Ok(efficientnet_lite0(stem.dim(1)?));
    }
    if parameters.find("encoder.layer1.0.conv1.weight").is_some() {
        return resnet12(parameters);
    }
    conv4(parameters)
}

/// Dimensions of the tensor `name`.
fn shape(parameters: &Parameters, name: &str) -> Result<Vec<usize>> {
    let tensor = parameters.find(name).ok_or_else(|| Error::MissingTensor(name.into()))?;
    Ok(tensor.dims().to_vec())
}

/// The values ImageNet's weights were trained on: (v − 127) / 128.
fn efficientnet_lite0(channels: usize) -> ModelConfig {
    let mut config = ModelConfig {
        backbone: BackboneConfig::EfficientNetLite0(EfficientNetLite0Config::default()),
        ..ModelConfig::new(EFFICIENTNET_LITE0_SIZE, channels)
    };
    config.image.mean = vec![127.0 / 255.0; channels];
    config.image.std = vec![128.0 / 255.0; channels];
    config.distance = Distance::Cosine;
    config
}

fn resnet12(parameters: &Parameters) -> Result<ModelConfig> {
    let (mut channels, mut input) = ([0; 4], 3);
    for (index, channels) in channels.iter_mut().enumerate() {
        let name = format!("encoder.layer{}.0.conv1.weight", index + 1);
        let [output, from, 3, 3] = shape(parameters, &name)?[..] else {
            return Err(Error::Config(format!("{name} is not a 3x3 convolution")));
        };
        *channels = output;
        if index == 0 {
            input = from;
        }
    }
    let mut config = ModelConfig {
        backbone: BackboneConfig::ResNet12(ResNet12Config { channels }),
        ..ModelConfig::new(RESNET12_SIZE, input)
    };
    if input == 3 {
        (config.image.mean, config.image.std) = (IMAGENET_MEAN.to_vec(), IMAGENET_STD.to_vec());
    }
    Ok(config)
}

fn conv4(parameters: &Parameters) -> Result<ModelConfig> {
    let shape = |name: &str| shape(parameters, name);
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
