//! What holds for every kind of backbone; a new one is in [`BackboneConfig::all`].

use candle_core::{DType, Device, Tensor};
use serde_json::Map;

use super::{Backbone, Backend};
use crate::{
    BackboneConfig, Checkpoint, Model, ModelConfig, Parameters, Precision, Result,
    config::{Conv4Config, EfficientNetLite0Config, Pooled, ResNet12Config},
    kernels::Level,
    rng,
};

/// Every kind, where it can be chosen so narrow that tests are quick, and its pictures' sides:
/// one that halves evenly, one that does not.
fn every_kind() -> impl Iterator<Item = (BackboneConfig, [usize; 2])> {
    BackboneConfig::all().into_iter().map(|kind| match kind {
        BackboneConfig::Conv4(_) => {
            let conv4 = Conv4Config { channels: 9, blocks: 4, penultimate: 0.7 };
            (BackboneConfig::Conv4(conv4), [32, 21])
        }
        BackboneConfig::ResNet12(_) => {
            (BackboneConfig::ResNet12(ResNet12Config { channels: [5, 8, 17, 20] }), [32, 27])
        }
        BackboneConfig::EfficientNetLite0(_) => {
            let both = Pooled { block: 5, mean: 0.5, deviation: 2.0 };
            let deviation = Pooled { block: 15, mean: 0.0, deviation: 1.0 };
            let pooled = vec![Pooled::mean(0), both, deviation];
            (BackboneConfig::EfficientNetLite0(EfficientNetLite0Config { pooled }), [64, 53])
        }
    })
}

fn model(backbone: BackboneConfig, size: usize) -> Result<(ModelConfig, Parameters)> {
    let config = ModelConfig { backbone, ..ModelConfig::new(size, 3) };
    // Statistics away from their start, so that folding them counts.
    let mut parameters = Parameters::default();
    for (stream, (name, tensor)) in Model::init(&config, 7, &Device::Cpu)?.iter().enumerate() {
        let drawn =
            rng::uniform(&mut rng::rng(9, stream as u64), 0.4, tensor.shape(), &Device::Cpu)?;
        let moved = if tensor.rank() == 1 { (tensor + drawn)? } else { tensor.clone() };
        parameters.insert(name, moved);
    }
    Ok((config, parameters))
}

fn pictures(count: usize, size: usize) -> Result<Tensor> {
    rng::normal(&mut rng::rng(1, 1), (count, 3, size, size), &Device::Cpu)
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Largest difference over the largest value.
fn difference(actual: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(actual.len(), expected.len());
    let largest = expected.iter().fold(0f32, |most, value| most.max(value.abs()));
    assert!(largest > 0.0 && largest.is_finite());
    let differences = actual.iter().zip(expected).map(|(a, b)| (a - b).abs());
    differences.fold(0f32, f32::max) / largest
}

#[test]
fn the_kernels_of_every_instruction_set_equal_candles_operations() -> Result<()> {
    for (kind, sides) in every_kind() {
        for side in sides {
            let (config, parameters) = model(kind.clone(), side)?;
            let backbone = Backbone::new(&config, &parameters)?;
            let images = pictures(2, side)?;
            let expected = backbone.clone().with_backend(Backend::Reference).forward(&images)?;
            assert_eq!(expected.dims(), [2, config.feature_dim()], "{kind:?}");
            for level in Level::available() {
                let actual = backbone.clone().with_level(level).forward(&images)?;
                let off = difference(&values(&actual), &values(&expected));
                assert!(off < 1e-4, "{kind:?}, {side} pixels, {level:?}: {off}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_feature_depends_neither_on_threads_nor_on_the_pictures_beside_it() -> Result<()> {
    for (kind, [side, _]) in every_kind() {
        let (config, parameters) = model(kind.clone(), side)?;
        let frozen = Backbone::new(&config, &parameters)?.freeze()?;
        let images = pictures(5, side)?;
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            values(&pool.install(|| frozen.forward(&images)).unwrap())
        };
        let together = run(1);
        assert_eq!(together, run(3), "{kind:?}");
        let alone = values(&frozen.forward(&images.narrow(0, 3, 1)?)?);
        assert_eq!(alone, together[3 * alone.len()..][..alone.len()], "{kind:?}");
    }
    Ok(())
}

#[test]
fn gradients_reach_every_trainable_parameter_or_training_is_refused() -> Result<()> {
    for (kind, [side, _]) in every_kind() {
        let (config, parameters) = model(kind.clone(), side)?;
        let parameters = parameters.to_variables()?;
        let backbone = Backbone::new(&config, &parameters)?;
        let images = pictures(3, side)?;
        if let BackboneConfig::EfficientNetLite0(_) = kind {
            let error = backbone.forward_train(&images).unwrap_err().to_string();
            assert!(error.contains("efficientnet-lite0") && error.contains("resnet12"), "{error}");
            continue;
        }
        let before = values(&backbone.forward(&images)?);
        let features = backbone.forward_train(&images)?;
        assert_eq!(features.dims(), [3, config.backbone.last_dim(side)]);
        assert_ne!(before, values(&backbone.forward(&images)?), "{kind:?}: statistics moved");
        let gradients = features.sqr()?.sum_all()?.backward()?;
        for (name, variable) in parameters.trainable()? {
            let gradient = gradients.get(&variable).unwrap_or_else(|| panic!("{name}: none"));
            let largest = gradient.abs()?.max_all()?.to_scalar::<f32>()?;
            // BatchNorm takes the bias before it out: its gradient is zero.
            let expected = !name.ends_with(".0.bias");
            assert!(largest.is_finite() && (largest > 0.0) == expected, "{kind:?} {name}");
        }
    }
    Ok(())
}

#[test]
fn a_frozen_backbone_keeps_the_parameters_it_had() -> Result<()> {
    for (kind, [side, _]) in every_kind() {
        let (config, parameters) = model(kind.clone(), side)?;
        let parameters = parameters.to_variables()?;
        let images = pictures(1, side)?;
        for backend in [Backend::Reference, Backend::Fastest] {
            let frozen = Backbone::new(&config, &parameters)?.with_backend(backend).freeze()?;
            let before = values(&frozen.forward(&images)?);
            for (_, variable) in parameters.trainable()? {
                variable.set(&(variable.as_tensor() * 0.5)?)?;
            }
            assert_eq!(before, values(&frozen.forward(&images)?), "{kind:?} by {backend:?}");
        }
    }
    Ok(())
}

#[test]
fn a_file_gives_the_same_features_again() -> Result<()> {
    for (kind, [side, _]) in every_kind() {
        let (config, parameters) = model(kind.clone(), side)?;
        let images = pictures(2, side)?;
        let written = Checkpoint { config, provenance: Map::new(), parameters };
        let read = Checkpoint::from_bytes(&written.to_bytes(Precision::F32)?)?;
        assert_eq!(read.config, written.config);
        assert_eq!(read.fingerprint()?, written.fingerprint()?);
        let features = |checkpoint: &Checkpoint| -> Result<Vec<f32>> {
            let model = Model::from_checkpoint(checkpoint, &Device::Cpu)?;
            Ok(values(&model.embed(&images)?))
        };
        assert_eq!(features(&read)?, features(&written)?, "{kind:?}");
    }
    Ok(())
}

#[test]
fn pictures_that_do_not_fit_are_refused() -> Result<()> {
    for (kind, [side, _]) in every_kind() {
        let (config, parameters) = model(kind.clone(), side)?;
        let frozen = Backbone::new(&config, &parameters)?.freeze()?;
        let wrong: [&[usize]; 5] = [
            &[1, 1, side, side],
            &[1, 3, side, side + 1],
            &[0, 3, side, side],
            &[1, 3, 8, 8],
            &[3],
        ];
        for shape in wrong {
            let images = Tensor::zeros(shape, DType::F32, &Device::Cpu)?;
            assert!(frozen.forward(&images).is_err(), "{kind:?} took {shape:?}");
        }
        let whole = Tensor::zeros((1, 3, side, side), DType::U8, &Device::Cpu)?;
        assert!(frozen.forward(&whole).is_err(), "{kind:?} took bytes");
    }
    Ok(())
}
