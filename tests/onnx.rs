//! `fewshot export`'s graphs, run operator by operator, give what the learner gives: every
//! backbone, transform, head and generator. `cargo xtask interop` shows the same of onnxruntime.

use std::collections::HashSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};
use fewshot::config::{
    BackboneConfig, Conv4Config, EfficientNetLite0Config, Pooled, ResNet12Config,
};
use fewshot::{
    Checkpoint, Classifier, Context as QueryContext, Distance, FeatureTransform, GeneratorConfig,
    GeneratorKind, HeadKind, Model, ModelConfig, Parameters, Precision, Settings, transform,
};
use fewshot_tests::golden::{check, largest};
use fewshot_tests::{fewshot, fixture, onnx, pattern};
use fewshot_trainer::onnx::{generator, model, proto};
use prost::Message;

/// Of the largest value.
const TOLERANCE: f32 = 1e-4;

/// A model whose every number is away from its start.
fn checkpoint(config: ModelConfig) -> Result<Checkpoint> {
    let mut parameters = pattern::parameters(&config)?.snapshot()?;
    if config.transform.whitened().is_some() {
        // Directions of a length at which their gains count and nothing is blown up.
        for (name, factor) in [(transform::BASIS, 0.2), (transform::GAINS, 0.9)] {
            let tensor = parameters.find(name).context("it whitens")?;
            let scaled = (tensor * factor)?;
            parameters.insert(name, scaled);
        }
    }
    Ok(Checkpoint { config, provenance: serde_json::Map::new(), parameters })
}

fn transforms() -> [FeatureTransform; 5] {
    [
        FeatureTransform::None,
        FeatureTransform::L2,
        FeatureTransform::CenterL2,
        FeatureTransform::Power { exponent: 0.5 },
        FeatureTransform::Whiten { exponent: 0.7, rank: 3 },
    ]
}

fn backbones() -> [(BackboneConfig, usize); 5] {
    let pooled = vec![Pooled { block: 4, mean: 0.5, deviation: 1.5 }, Pooled::mean(14)];
    [
        (BackboneConfig::conv4(6, 3), 20),
        (BackboneConfig::ResNet12(ResNet12Config { channels: [4, 6, 5, 8] }), 37),
        // Odd maps on the way: 45, 23, 12, 6, 3.
        (BackboneConfig::EfficientNetLite0(EfficientNetLite0Config { pooled }), 45),
        (BackboneConfig::EfficientNetLite0(EfficientNetLite0Config::default()), 64),
        (BackboneConfig::Conv4(Conv4Config { channels: 6, blocks: 3, penultimate: 0.6 }), 20),
    ]
}

/// Values from 0 to 255, and what the learner makes of them before its backbone.
fn pictures(config: &ModelConfig, count: usize) -> Result<[Tensor; 2]> {
    let image = &config.image;
    let (mut raw, mut normalised) = (Vec::new(), Vec::new());
    let rows = pattern::draw(image.size, image.size * count, image.channels);
    for picture in rows.chunks_exact(image.size * image.size * image.channels) {
        for channel in 0..image.channels {
            let plane = picture[channel..].iter().step_by(image.channels);
            raw.extend(plane.map(|value| f32::from(*value)));
        }
        let prepared: Vec<u8> =
            picture.iter().map(|value| if image.invert { 255 - value } else { *value }).collect();
        normalised.extend(fewshot::image::normalise(image, &prepared)?);
    }
    let shape = (count, image.channels, image.size, image.size);
    let tensor = |values| Tensor::from_vec(values, shape, &Device::Cpu);
    Ok([tensor(raw)?, tensor(normalised)?])
}

fn decoded(bytes: &[u8]) -> Result<proto::Graph> {
    let model = proto::Model::decode(bytes)?;
    ensure!(model.ir_version == 8 && model.opset_import[0].version == 17, "{model:?}");
    let graph = model.graph.context("it has a graph")?;
    well_formed(&graph)?;
    Ok(graph)
}

/// Names are there once, before they are used, and nothing is there for nothing.
fn well_formed(graph: &proto::Graph) -> Result<()> {
    let mut known: HashSet<&str> = HashSet::new();
    let mut unused: HashSet<&str> = HashSet::new();
    for name in graph.initializer.iter().map(|c| &c.name).chain(graph.input.iter().map(|i| &i.name))
    {
        ensure!(known.insert(name) && unused.insert(name), "{name} is there twice");
    }
    for node in &graph.node {
        for name in &node.input {
            ensure!(known.contains(name.as_str()), "{name} is used before it is there");
            unused.remove(name.as_str());
        }
        let name = node.output[0].as_str();
        ensure!(known.insert(name) && unused.insert(name), "{name} is there twice");
    }
    let outputs: HashSet<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
    ensure!(unused == outputs, "{unused:?} is never used");
    Ok(())
}

#[test]
fn features_are_the_learners() -> Result<()> {
    for (place, (backbone, size)) in backbones().into_iter().enumerate() {
        // Every transform after the smallest backbone, one after each of the others.
        let wanted = |case: &usize| place == 0 || *case == place;
        for case in (0..transforms().len()).filter(wanted) {
            let transform = transforms()[case];
            let mut config = ModelConfig {
                backbone: backbone.clone(),
                transform,
                ..ModelConfig::new(size, if case == 1 { 1 } else { 3 })
            };
            config.image.mirror = case % 2 == 0;
            config.image.shift = case % 3;
            config.image.invert = case == 1;
            let checkpoint = checkpoint(config)?;
            let [raw, normalised] = pictures(&checkpoint.config, 3)?;
            let expected = Model::from_checkpoint(&checkpoint, &Device::Cpu)?.embed(&normalised)?;
            ensure!(largest(&expected)? > 1e-3, "nothing is left of the pictures");
            let graph = decoded(&model(&checkpoint, None, "")?)?;
            let name = format!("{} {transform:?}", backbone.name());
            let outputs = onnx::run(&graph, &[("pictures", &raw)])?;
            check(&name, &expected, &outputs["features"], TOLERANCE)?;
        }
    }
    Ok(())
}

#[test]
fn probabilities_and_novelty_are_the_classifiers() -> Result<()> {
    let kinds = HeadKind::ALL.into_iter().flat_map(|head| {
        let distances = Distance::ALL.into_iter().map(move |distance| (head, distance, 0.0));
        distances.chain([(head, Distance::L2, 0.7)])
    });
    for (head, distance, gamma) in kinds {
        let mut config = pattern::config(32, 3, 6, Some((GeneratorKind::Residual, 12)));
        config.transform = FeatureTransform::CenterL2;
        config.ridge.gamma = gamma;
        let checkpoint = checkpoint(config)?;
        let learner = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
        let settings = Settings {
            distance,
            hallucinations: 3,
            ..Settings::with_head(&checkpoint.config, head)
        };
        let mut classifier = Classifier::new(&learner, settings)?;
        let [raw, normalised] = pictures(&checkpoint.config, 9)?;
        let features = learner.embed(&normalised)?;
        for (row, class) in ["one", "two", "two", "three", "three"].into_iter().enumerate() {
            if classifier.classes().all(|known| known.id != class) {
                classifier.add_class(class, class)?;
            }
            classifier.add_example(class, row.to_string(), features.get(row)?)?;
        }
        let graph = decoded(&model(&checkpoint, Some(&mut classifier), "")?)?;
        let outputs = onnx::run(&graph, &[("pictures", &raw)])?;
        let predictions = classifier.predict(&features)?;
        let name = format!("{head} {distance} {gamma}");
        let shares: Vec<Vec<f32>> = predictions.iter().map(|p| p.probabilities.clone()).collect();
        let shares = Tensor::new(shares, &Device::Cpu)?;
        check(&name, &shares, &outputs["probabilities"], TOLERANCE)?;
        let strange: Vec<f32> = predictions.iter().map(|p| p.rejection_score).collect();
        let strange = Tensor::new(strange, &Device::Cpu)?;
        check(&name, &strange, &outputs["novelty"], TOLERANCE)?;
    }
    Ok(())
}

#[test]
fn a_classifier_that_looks_at_queries_together_is_refused() -> Result<()> {
    let checkpoint = checkpoint(pattern::config(32, 3, 6, None))?;
    let learner = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
    let settings =
        Settings { context: QueryContext::Transductive, ..Settings::of(&checkpoint.config) };
    let mut classifier = Classifier::new(&learner, settings)?;
    classifier.add_class("one", "one")?;
    classifier.add_example("one", "0", pattern::tensor(1, checkpoint.config.feature_dim())?)?;
    let error = model(&checkpoint, Some(&mut classifier), "").map(|_| ()).unwrap_err();
    ensure!(error.to_string().contains("together (transductive)"), "{error}");
    Ok(())
}

#[test]
fn generators_hallucinate_the_same() -> Result<()> {
    for kind in GeneratorKind::ALL {
        for (unit_length, rank, noise_scale) in [(false, 3, 1.0), (true, 0, 0.25)] {
            let mut config = pattern::config(32, 3, 6, Some((kind, 12)));
            let hidden = if kind.learns() { 12 } else { 0 };
            config.generator = Some(GeneratorConfig {
                unit_length,
                rank,
                noise_scale,
                ..GeneratorConfig::new(kind, hidden)
            });
            let checkpoint = checkpoint(config)?;
            let dim = checkpoint.config.feature_dim();
            let (seeds, noise) = (pattern::tensor(1, (2, dim))?, pattern::tensor(2, (2, 5, dim))?);
            let learner = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
            let expected = learner.generator.context("it has one")?.hallucinate(&seeds, &noise)?;
            let graph = decoded(&generator(&checkpoint, "")?)?;
            let outputs = onnx::run(&graph, &[("seeds", &seeds), ("noise", &noise)])?;
            check(&format!("{kind:?}"), &expected, &outputs["hallucinated"], TOLERANCE)?;
        }
    }
    Ok(())
}

#[test]
fn the_command_writes_files_that_say_what_they_are() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let support = fixture::classes(&folder.path().join("support"), 3, 2)?;
    let [to, generator] = ["model.onnx", "generator.onnx"].map(|name| folder.path().join(name));
    let arguments: [&std::ffi::OsStr; 9] = [
        "export".as_ref(),
        "--weights".as_ref(),
        weights.as_ref(),
        "--onnx".as_ref(),
        to.as_ref(),
        "--support".as_ref(),
        support.as_ref(),
        "--generator-onnx".as_ref(),
        generator.as_ref(),
    ];
    let told = fewshot_tests::command::fewshot(arguments)?.succeeded()?.stdout;
    ensure!(told.contains("(batch, 3, 32, 32) of 0 to 255 to 32 features"), "{told}");
    ensure!(told.contains("probabilities of 3 classes") && told.contains("seeds"), "{told}");

    let model = proto::Model::decode(&fs::read(&to)?[..])?;
    let said = |key: &str| -> Result<serde_json::Value> {
        let entry = model.metadata_props.iter().find(|entry| entry.key == key);
        Ok(serde_json::from_str(&entry.with_context(|| format!("no {key}"))?.value)?)
    };
    ensure!(said("fewshot.classes")? == serde_json::json!(["class0", "class1", "class2"]));
    ensure!(said("fewshot.image")?["size"] == 32 && said("fewshot.config")?["distance"] == "l2");
    ensure!(model.doc_string.contains("conv4, 4 blocks of 8 channels"), "{}", model.doc_string);
    let graph = decoded(&fs::read(&to)?)?;
    let dims = &graph.input[0].r#type.clone().unwrap_or_default().tensor_type.unwrap_or_default();
    let dims = &dims.shape.clone().unwrap_or_default().dim;
    ensure!(dims[0].dim_param.as_deref() == Some("batch") && dims[2].dim_value == Some(32));
    decoded(&fs::read(&generator)?)?;

    let mut plain = fixture::checkpoint()?;
    plain.config.generator = None;
    plain.parameters = kept(&plain.parameters, "encoder.");
    fs::write(&weights, plain.to_bytes(Precision::F32)?)?;
    fs::remove_file(&to)?;
    let refused = fewshot_tests::command::fewshot(arguments)?;
    refused.refused(&["model.safetensors", "no generator"])?;
    ensure!(!to.exists(), "half of what was asked for was written");
    fewshot!("export", "--weights", &weights, "--onnx", &to)?.succeeded()?;
    Ok(())
}

fn kept(parameters: &Parameters, prefix: &str) -> Parameters {
    let tensors = parameters.iter().filter(|(name, _)| name.starts_with(prefix));
    tensors.map(|(name, tensor)| (name.to_owned(), tensor.clone())).collect()
}
