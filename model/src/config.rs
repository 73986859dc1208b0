//! What a model is, apart from its numbers: stored as JSON beside the weights.

use serde::{Deserialize, Serialize};

use crate::{Distance, Error, FeatureTransform, Result};

/// Everything needed to run a model: preprocessing, sizes, and how queries are scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// How a picture becomes the encoder's input.
    pub image: ImageConfig,
    /// Sizes of the encoder.
    pub encoder: EncoderConfig,
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

/// Sizes of Conv-4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderConfig {
    /// Channels of every block.
    pub channels: usize,
    /// Number of blocks, each halving the side.
    pub blocks: usize,
}

impl Default for EncoderConfig {
    fn default() -> Self {
        Self { channels: 64, blocks: 4 }
    }
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
            encoder: EncoderConfig::default(),
            generator: None,
            distance: Distance::L2,
            temperature: 1.0,
            transform: FeatureTransform::None,
            rejection: None,
        }
    }

    /// Length D of a feature: the flattened map the last block leaves.
    pub fn feature_dim(&self) -> usize {
        let side = self.image.size >> self.encoder.blocks;
        self.encoder.channels * side * side
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
        if !(1..=1024).contains(&self.encoder.channels) || !(1..=8).contains(&self.encoder.blocks) {
            return bad("encoder.channels must be 1 to 1024 and encoder.blocks 1 to 8".into());
        }
        if *size > 1024 || size >> self.encoder.blocks == 0 {
            return bad(format!(
                "image.size is {size}, {} blocks need {} to 1024 pixels",
                self.encoder.blocks,
                1 << self.encoder.blocks
            ));
        }
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
            encoder: EncoderConfig { channels: 8, blocks: 4 },
            generator: Some(GeneratorConfig::new(GeneratorKind::Reference, 24)),
            ..ModelConfig::new(size, channels)
        }
    }

    #[test]
    fn feature_sizes_are_the_published_ones() {
        for (size, channels, dim) in [(84, 3, 1600), (64, 3, 1024), (32, 3, 256), (28, 1, 64)] {
            let mut config = tiny(size, channels);
            config.encoder.channels = 64;
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
