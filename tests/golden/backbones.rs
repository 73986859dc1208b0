//! ResNet-12 and EfficientNet-Lite0 by both backends: inference; of ResNet-12 a training
//! step's features, some gradients and running statistics too.

use anyhow::{Context, Result};
use fewshot::config::{
    BackboneConfig, EfficientNetLite0Config, ModelConfig, Pooled, ResNet12Config,
};
use fewshot::{Backbone, Backend, Parameters};
use fewshot_tests::golden::{Golden, every};
use fewshot_tests::pattern;

const FORWARD: f32 = 1e-4;
const GRADIENT: f32 = 1e-3;
/// Of a gradient every so-many-th value is stored.
const STRIDE: usize = 31;

const TRAINED: [(&str, usize, usize, usize, [usize; 4]); 2] =
    [("resnet12_32", 32, 3, 3, [6, 10, 14, 20]), ("resnet12_37", 37, 1, 2, [5, 4, 7, 9])];

const GRADIENTS: [&str; 4] = [
    "encoder.layer1.0.conv1.weight",
    "encoder.layer2.0.conv2.weight",
    "encoder.layer3.0.bn3.bias",
    "encoder.layer4.0.downsample.0.weight",
];

const RUNNING: &str = "encoder.layer4.0.downsample.1.running_var";

#[test]
fn resnet12_equals_pytorchs() -> Result<()> {
    for (name, size, channels, batch, widths) in TRAINED {
        let backbone = BackboneConfig::ResNet12(ResNet12Config { channels: widths });
        let (config, parameters) = filled(backbone, size, channels)?;
        let golden = Golden::new(include_bytes!("backbones.safetensors"))?;
        let images = pattern::images(batch, channels, size, false)?;
        let backbone = Backbone::new(&config, &parameters)?;
        for backend in [Backend::Reference, Backend::Fastest] {
            let features = backbone.clone().with_backend(backend).forward(&images)?;
            let what = format!("{name} by {backend:?}");
            golden.check(&format!("{name}.eval"), &features, FORWARD).context(what)?;
        }
        let features = backbone.forward_train(&images)?;
        golden.check(&format!("{name}.train"), &features, FORWARD)?;
        golden.check(
            &format!("{name}.after.{RUNNING}"),
            &parameters.get(RUNNING, widths[3])?,
            FORWARD,
        )?;
        let weights = pattern::tensor(1000, features.shape())?;
        let gradients = (features * weights)?.sum_all()?.backward()?;
        for wanted in GRADIENTS {
            let tensor = parameters.find(wanted).context("no such parameter")?;
            let gradient = gradients.get(tensor).context("no gradient")?;
            let kept = every(STRIDE, gradient)?;
            golden.check(&format!("{name}.gradient.{wanted}"), &kept, GRADIENT)?;
        }
    }
    Ok(())
}

#[test]
fn efficientnet_lite0_equals_pytorchs() -> Result<()> {
    for (name, size, batch, pooled) in
        [("efficientnet_64", 64, 2, vec![4, 14]), ("efficientnet_75", 75, 1, vec![])]
    {
        let backbone = BackboneConfig::EfficientNetLite0(EfficientNetLite0Config {
            pooled: pooled.into_iter().map(Pooled::mean).collect(),
        });
        let (config, parameters) = filled(backbone, size, 3)?;
        let golden = Golden::new(include_bytes!("backbones.safetensors"))?;
        let images = pattern::images(batch, 3, size, false)?;
        let backbone = Backbone::new(&config, &parameters)?;
        for backend in [Backend::Reference, Backend::Fastest] {
            let features = backbone.clone().with_backend(backend).forward(&images)?;
            let what = format!("{name} by {backend:?}");
            golden.check(&format!("{name}.eval"), &features, FORWARD).context(what)?;
        }
    }
    Ok(())
}

fn filled(
    backbone: BackboneConfig,
    size: usize,
    channels: usize,
) -> Result<(ModelConfig, Parameters)> {
    let config = ModelConfig { backbone, ..ModelConfig::new(size, channels) };
    let parameters = pattern::parameters(&config)?;
    Ok((config, parameters))
}
