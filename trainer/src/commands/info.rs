//! `fewshot info`: what is in a file of weights.

mod provenance;

use std::fmt::Write;

use anyhow::{Context, Result};
use fewshot::config::Framing;
use fewshot::{
    BackboneConfig, Checkpoint, FeatureTransform, GeneratorConfig, GeneratorKind, HeadKind,
    ModelConfig,
};

use crate::cli::InfoArgs;
use crate::{output, weights};

/// Runs the command.
///
/// # Errors
/// Where the file cannot be read or is no model.
pub fn run(args: &InfoArgs) -> Result<()> {
    let checkpoint = weights::read(&args.weights)?;
    let size_bytes = std::fs::metadata(&args.weights)
        .with_context(|| format!("cannot read {}", args.weights.display()))?
        .len();
    let title = format!("{}, {:.2} MB", args.weights.display(), size_bytes as f64 / 1e6);
    output::line(format!("{title}\n{}", describe(&checkpoint).trim_end()))
}

/// A line a property, aligned.
pub(super) fn describe(checkpoint: &Checkpoint) -> String {
    let config = &checkpoint.config;
    let image = &config.image;
    let mut lines: Vec<(&str, String)> = Vec::new();
    let colour = if image.channels == 1 { "grey" } else { "RGB" };
    let ink = if image.invert { ", inverted" } else { "" };
    lines.push((
        "pictures",
        format!(
            "{size} x {size} {colour}{ink}; {} to {}, centre crop",
            match image.framing {
                Framing::Crop => "shorter side",
                Framing::Squash => "both sides",
            },
            image.resize,
            size = image.size
        ),
    ));
    let numbers = |values: &[f32]| {
        values.iter().map(|value| format!("{value:.4}")).collect::<Vec<_>>().join(" ")
    };
    lines.push((
        "normalised by",
        format!("mean {}, deviation {}", numbers(&image.mean), numbers(&image.std)),
    ));
    lines.push((
        "backbone",
        format!(
            "{}, {} parameters",
            backbone(&config.backbone),
            parameters(checkpoint, "encoder.")
        ),
    ));
    lines.push(("feature", feature(config)));
    lines.push((
        "generator",
        match &config.generator {
            None => "none: this model cannot hallucinate".into(),
            Some(generator) => {
                format!("{}, {} parameters", made(generator), parameters(checkpoint, "generator."))
            }
        },
    ));
    lines.push(("head", head(config)));
    if let Some(rejection) = &config.rejection {
        lines.push((
            "none of these",
            format!("above {:.4} (AUROC {:.3})", rejection.threshold, rejection.auroc),
        ));
    }
    lines.push(("parameters", checkpoint.parameters.element_count().to_string()));
    let mut text = String::new();
    for (name, value) in &lines {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<14} {value}");
    }
    if checkpoint.provenance.is_empty() {
        text.push_str("  provenance     not recorded in the file\n");
    }
    for (name, value) in &checkpoint.provenance {
        let _ = writeln!(text, "  {name:<14} {}", provenance::words(name, value));
    }
    text
}

fn backbone(config: &BackboneConfig) -> String {
    match config {
        BackboneConfig::Conv4(conv4) => {
            let joined = if conv4.penultimate > 0.0 {
                format!(", the last but one joined with weight {}", conv4.penultimate)
            } else {
                String::new()
            };
            format!("conv4, {} blocks of {} channels{joined}", conv4.blocks, conv4.channels)
        }
        BackboneConfig::ResNet12(resnet) => format!("resnet12, channels {:?}", resnet.channels),
        BackboneConfig::EfficientNetLite0(net) if net.pooled.is_empty() => config.name().into(),
        BackboneConfig::EfficientNetLite0(net) => {
            let blocks: Vec<usize> = net.pooled.iter().map(|pooled| pooled.block).collect();
            format!("{}, blocks {blocks:?} pooled too", config.name())
        }
    }
}

/// How a generator hallucinates.
fn made(generator: &GeneratorConfig) -> String {
    let form = match generator.kind {
        GeneratorKind::Reference => "reference",
        GeneratorKind::Residual => "residual",
        GeneratorKind::Covariance => "covariance",
    };
    let size = if generator.kind.learns() {
        format!("hidden {}, dropout {}", generator.hidden, generator.dropout)
    } else {
        format!("{} directions", generator.rank)
    };
    let weight = generator
        .hallucinated_weight
        .map_or_else(String::new, |weight| format!(", hallucinations weigh {weight} in all"));
    format!("{form}, {size}, noise {}{weight}", generator.noise_scale)
}

/// The head that is used unless one is asked for.
fn head(config: &ModelConfig) -> String {
    match config.head {
        HeadKind::Prototype => {
            format!("prototypes by {}, temperature {}", config.distance, config.temperature)
        }
        HeadKind::Ridge => format!(
            "ridge regression, lambda {}, gamma {}, temperature {}",
            config.ridge.lambda, config.ridge.gamma, config.ridge.temperature
        ),
    }
}

fn feature(config: &ModelConfig) -> String {
    let then = match config.transform {
        FeatureTransform::None => "as the backbone leaves them".into(),
        FeatureTransform::L2 => "divided by their length".into(),
        FeatureTransform::CenterL2 => "centred, divided by their length".into(),
        FeatureTransform::Power { exponent } => {
            format!("to the power {exponent}, centred, divided by their length")
        }
        FeatureTransform::Whiten { exponent, rank } => format!(
            "to the power {exponent}, centred, whitened in {rank} directions, divided by their length"
        ),
    };
    let views = match (config.image.mirror, config.image.shift) {
        (false, 0) => String::new(),
        (true, 0) => "of the picture and its mirror image, ".into(),
        (mirror, shift) => {
            let each = if mirror { ", each with its mirror image" } else { "" };
            format!("of the picture and of it moved {shift} pixels to each side{each}, ")
        }
    };
    format!("{} numbers, {views}{then}", config.feature_dim())
}

/// Numbers in the tensors under a prefix.
fn parameters(checkpoint: &Checkpoint, prefix: &str) -> usize {
    let tensors = checkpoint.parameters.iter();
    tensors.filter(|(name, _)| name.starts_with(prefix)).map(|(_, t)| t.elem_count()).sum()
}

#[cfg(test)]
mod tests {
    use fewshot::config::Conv4Config;

    use super::*;
    use crate::testing;

    #[test]
    fn sizes_and_provenance_are_told() {
        let mut checkpoint = testing::checkpoint(32, 3);
        checkpoint.provenance.insert("recipe".into(), "synthetic".into());
        checkpoint.provenance.insert("seed".into(), 7.into());
        let split = serde_json::json!({"classes": 4, "images": 80, "names": ["a", "b", "c", "d"]});
        checkpoint.provenance.insert("train".into(), split);
        let text = describe(&checkpoint);
        for told in ["32 x 32 RGB", "32 numbers", "hidden 24", "l2, temperature 1", "synthetic"] {
            assert!(text.contains(told), "{told} in\n{text}");
        }
        assert!(text.contains("seed           7"), "{text}");
        assert!(text.contains("train          4 classes, 80 pictures: a, b, c, …"), "{text}");
        checkpoint.provenance.clear();
        checkpoint.config.generator = None;
        let text = describe(&checkpoint);
        assert!(!text.contains("joined"), "{text}");
        let joined = Conv4Config { penultimate: 0.4, ..Conv4Config::default() };
        let told = backbone(&BackboneConfig::Conv4(joined));
        assert!(told.ends_with("the last but one joined with weight 0.4"));
        assert!(text.contains("cannot hallucinate") && text.contains("not recorded"), "{text}");
    }
}
