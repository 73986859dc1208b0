//! What a model is, apart from its numbers: stored as JSON beside the weights.

mod backbone;

use serde::{Deserialize, Serialize};

pub use backbone::{BackboneConfig, Conv4Config};

use crate::{Distance, Error, FeatureTransform, Result};

/// Everything needed to run a model: preprocessing, sizes, and how queries are scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// How a picture becomes the backbone's input.
    pub image: ImageConfig,
    /// Which backbone, and its sizes; files have always called it the encoder.
    #[serde(rename = "encoder")]
    pub backbone: BackboneConfig,
    /// The generator of hallucinated features, where the model has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<GeneratorConfig>,
    /// Distance between queries and prototypes the model was trained with.
    #[serde(default)]
    pub distance: Distance,
    /// Scores are divided by it before the softmax.
    #[serde(default = "one")]
    pub temperature: f32,
    /// What is done to a feature before anything is compared.
    #[serde(default)]
    pub transform: FeatureTransform,
    /// When a query belongs to none of the given classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
}

fn one() -> f32 {
    1.0
}

/// Preprocessing: resize the shorter side, centre crop, normalise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// Side of the square input, pixels.
    pub size: usize,
    /// 1 for grey, 3 for RGB.
    pub channels: usize,
    /// Mean of each channel, of values in 0..=1.
    pub mean: Vec<f32>,
    /// Standard deviation of each channel, of values in 0..=1.
    pub std: Vec<f32>,
    /// Length of the shorter side before the centre crop, pixels.
    pub resize: usize,
    /// Dark ink on light paper becomes bright on dark: `1 - value` before normalising.
    #[serde(default)]
    pub invert: bool,
    /// Features are the mean of those of the picture and of its mirror image, at
    /// twice the time: for subjects that are the same either way round.
    #[serde(default)]
    pub mirror: bool,
}

/// Which generator, and how its features enter the prototype.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneratorConfig {
    /// Form of the network.
    pub kind: GeneratorKind,
    /// Width of the two hidden layers.
    pub hidden: usize,
    /// Dropout after each hidden layer, in training only.
    pub dropout: f32,
    /// Standard deviation of the noise joined to the seed feature.
    #[serde(default = "one")]
    pub noise_scale: f32,
    /// What one real feature counts in the prototype, a hallucinated one counting
    /// `1 / M ·` [`Self::hallucinated_weight`] where that is set, else 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hallucinated_weight: Option<f32>,
    /// Which real feature of a class hallucinations start from.
    #[serde(default)]
    pub seeds: Seeds,
}

/// The real feature of a class that its hallucinations start from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seeds {
    /// One support feature, drawn (Wang et al. 2018).
    #[default]
    Drawn,
    /// The mean of the class's support: with several shots no one picture counts
    /// twice. With one shot the same as [`Self::Drawn`].
    Mean,
}

/// The forms of generator there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GeneratorKind {
    /// Wang et al. 2018: three layers on (feature, noise), ReLU out.
    Reference,
    /// Adds the network's output to the seed feature; starts as the identity.
    Residual,
}

/// When a query is taken to belong to no given class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// Queries whose rejection score is above it are "none of these".
    pub threshold: f32,
    /// Area under the ROC curve on validation classes, for the model card.
    pub auroc: f32,
}

impl GeneratorConfig {
    /// A generator with dropout and noise as Wang et al. 2018 have them, each
    /// hallucination counting as a picture.
    pub fn new(kind: GeneratorKind, hidden: usize) -> Self {
        Self {
            kind,
            hidden,
            dropout: 0.5,
            noise_scale: 1.0,
            hallucinated_weight: None,
            seeds: Seeds::Drawn,
        }
    }
}

impl ModelConfig {
    /// Conv-4 of the papers on pictures of `size` pixels: values centred about
    /// mid-grey, squared Euclidean distance, no generator.
    pub fn new(size: usize, channels: usize) -> Self {
        Self {
            image: ImageConfig {
                size,
                channels,
                mean: vec![0.5; channels],
                std: vec![0.25; channels],
                resize: size,
                invert: false,
                mirror: false,
            },
            backbone: BackboneConfig::default(),
            generator: None,
            distance: Distance::L2,
            temperature: 1.0,
            transform: FeatureTransform::None,
            rejection: None,
        }
    }

    /// Length D of a feature.
    pub fn feature_dim(&self) -> usize {
        self.backbone.feature_dim(self.image.size)
    }

    /// Checks that the numbers make a model.
    ///
    /// # Errors
    /// Names the first value that cannot be used.
    pub fn check(&self) -> Result<()> {
        let bad = |why: String| Err(Error::Config(why));
        let ImageConfig { size, channels, mean, std, resize, .. } = &self.image;
        if !matches!(channels, 1 | 3) {
            return bad(format!("image.channels is {channels}, expected 1 or 3"));
        }
        if mean.len() != *channels || std.len() != *channels {
            return bad(format!("image.mean and image.std need {channels} values each"));
        }
        if !mean.iter().all(|v| v.is_finite()) || !std.iter().all(|v| v.is_finite() && *v > 0.0) {
            return bad("image.mean and image.std must be finite, std above zero".into());
        }
        self.backbone.check(*size)?;
        if resize < size {
            return bad(format!("image.resize is {resize}, it must be at least image.size {size}"));
        }
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            return bad(format!("temperature is {}, expected above zero", self.temperature));
        }
        if let Some(generator) = &self.generator
            && (generator.hidden == 0 || !(0.0..1.0).contains(&generator.dropout))
        {
            return bad("generator.hidden must be above 0 and dropout in 0..1".into());
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small model for tests.
    pub(crate) fn tiny(size: usize, channels: usize) -> ModelConfig {
        ModelConfig {
            backbone: BackboneConfig::conv4(8, 4),
            generator: Some(GeneratorConfig::new(GeneratorKind::Reference, 24)),
            ..ModelConfig::new(size, channels)
        }
    }

    #[test]
    fn feature_sizes_are_the_published_ones() {
        for (size, channels, dim) in [(84, 3, 1600), (64, 3, 1024), (32, 3, 256), (28, 1, 64)] {
            let mut config = tiny(size, channels);
            config.backbone = BackboneConfig::conv4(64, 4);
            assert_eq!(config.feature_dim(), dim, "{size} pixels");
        }
    }

    #[test]
    fn unusable_numbers_are_named() {
        let mut config = tiny(8, 3);
        assert!(config.check().unwrap_err().to_string().contains("image.size"));
        config = tiny(32, 3);
        config.temperature = 0.0;
        assert!(config.check().unwrap_err().to_string().contains("temperature"));
        assert!(tiny(32, 1).check().is_ok());
    }
}
