//! `fewshot import`: a backbone that PyTorch has trained becomes a file of weights.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use candle_core::{Device, Tensor};
use fewshot::config::Pooled;
use fewshot::{Backbone, BackboneConfig, Checkpoint, ModelConfig, Parameters, rng};
use serde_json::Map;

use crate::cli::ImportArgs;
use crate::{output, torch, write};

/// What modules that wrap a network put before the names of its tensors.
const PREFIXES: [&str; 5] = ["module.", "encoder.", "backbone.", "model.", "net."];
/// Names that are told of many.
const TOLD: usize = 3;

/// Runs the command.
///
/// # Errors
/// Where the file cannot be read, or its tensors are not this backbone's.
pub fn run(args: &ImportArgs) -> Result<()> {
    let file = args.torch.display();
    let named = torch::read(&args.torch)?;
    let (checkpoint, unused) = import(args, named)
        .with_context(|| format!("cannot import {file} as {}", args.backbone))?;
    write::atomically(&args.out, &checkpoint.to_bytes(args.precision.into())?)?;
    if !unused.is_empty() {
        eprintln!("{} tensors of {file} were not needed: {}", unused.len(), first_of(&unused));
    }
    let image = &checkpoint.config.image;
    eprintln!(
        "assumed: pictures of {size} x {size} pixels (--image-size), values from 0 to 1 normalised \
         by mean {:.4?} and deviation {:.4?}",
        image.mean,
        image.std,
        size = image.size
    );
    output::line(format!(
        "{}: {}, {} tensors, {} parameters, {} features",
        args.out.display(),
        checkpoint.config.backbone.name(),
        checkpoint.parameters.iter().count(),
        checkpoint.parameters.element_count(),
        checkpoint.config.feature_dim()
    ))
}

/// The model, and the names of the tensors that are not part of it.
fn import(args: &ImportArgs, named: BTreeMap<String, Tensor>) -> Result<(Checkpoint, Vec<String>)> {
    let mut found = Parameters::default();
    let mut origins = BTreeMap::new();
    for (name, tensor) in named {
        let stored = format!("encoder.{}", without_prefixes(&name));
        found.insert(stored.clone(), tensor);
        origins.insert(stored, name);
    }
    let config = configure(args, &found, &origins)?;
    let wanted = Backbone::init(&config, &mut rng::rng(0, 0), &Device::Cpu)?;
    let mut parameters = Parameters::default();
    for (name, like) in wanted.iter() {
        let bare = without_prefixes(name);
        let tensor = found.find(name).with_context(|| {
            format!("it has no tensor '{bare}'; check that it is the whole state_dict")
        })?;
        ensure!(
            tensor.shape() == like.shape(),
            "its tensor '{bare}' has shape {:?}, expected {:?}: it is of another variant",
            tensor.shape(),
            like.shape()
        );
        origins.remove(name);
        parameters.insert(name, tensor.clone());
    }
    let source = args.torch.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let provenance = Map::from_iter([("imported".to_owned(), source.into())]);
    Ok((Checkpoint { config, provenance, parameters }, origins.into_values().collect()))
}

/// What model the tensors are of, with what was asked for.
fn configure(
    args: &ImportArgs,
    found: &Parameters,
    origins: &BTreeMap<String, String>,
) -> Result<ModelConfig> {
    let names: Vec<String> = origins.values().cloned().collect();
    let inferred = Checkpoint::infer_config(found).ok();
    let Some(config) = inferred.filter(|config| config.backbone.name() == args.backbone) else {
        let known = BackboneConfig::all().map(|kind| kind.name()).join(", ");
        bail!(
            "its tensors are not {}'s ({}); give its own --backbone, one of {known}",
            args.backbone,
            first_of(&names)
        );
    };
    let mut config = ModelConfig { generator: None, ..config };
    if let Some(size) = args.image_size {
        (config.image.size, config.image.resize) = (size, size);
    }
    match &mut config.backbone {
        BackboneConfig::EfficientNetLite0(net) => {
            net.pooled = args.pooled.iter().copied().map(Pooled::mean).collect();
        }
        other => ensure!(
            args.pooled.is_empty(),
            "--pooled is for efficientnet-lite0, {} has none",
            other.name()
        ),
    }
    config.check()?;
    Ok(config)
}

fn without_prefixes(name: &str) -> &str {
    let shorter = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    shorter.map_or(name, without_prefixes)
}

fn first_of(names: &[String]) -> String {
    let more = if names.len() > TOLD { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(TOLD)].join(", "))
}
