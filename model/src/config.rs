//! What a model is, apart from its numbers: stored as JSON beside the weights.

mod backbone;

use serde::{Deserialize, Serialize};

pub use backbone::{BackboneConfig, Conv4Config, EfficientNetLite0Config, Pooled, ResNet12Config};

use crate::{Distance, Error, FeatureTransform, Head, HeadKind, Result};

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
    /// The head that queries are scored by unless one is asked for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub head: HeadKind,
    /// Distance between queries and prototypes, where the head is `prototype`.
    #[serde(default)]
    pub distance: Distance,
    /// Scores of the head `prototype` are divided by it before the softmax.
    #[serde(default = "one")]
    pub temperature: f32,
    /// Numbers of the head `ridge`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ridge: RidgeConfig,
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

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Numbers of the head `ridge`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RidgeConfig {
    /// What squared weights cost, λ; for features of unit length.
    pub lambda: f32,
    /// γ of the likeness exp(−γ |x − y|²) of features; 0 for a linear map.
    #[serde(skip_serializing_if = "is_default")]
    pub gamma: f32,
    /// Scores are divided by it before the softmax.
    pub temperature: f32,
}

impl Default for RidgeConfig {
    fn default() -> Self {
        Self { lambda: 0.3, gamma: 0.0, temperature: 0.1 }
    }
}

/// How a picture of any shape becomes a square.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    /// The shorter side is resized, the middle kept: shapes stay true, what lies
    /// at the ends of the longer side is lost.
    #[default]
    Crop,
    /// Both sides are resized to the same length: all of the picture is seen.
    Squash,
}

/// Preprocessing: resize, centre crop, normalise.
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
    /// Length of the shorter side (both, where pictures are squashed) before the
    /// centre crop, pixels.
    pub resize: usize,
    /// How a picture becomes a square.
    #[serde(default, skip_serializing_if = "is_default")]
    pub framing: Framing,
    /// Dark ink on light paper becomes bright on dark: `1 - value` before normalising.
    #[serde(default)]
    pub invert: bool,
    /// Features are the mean of those of the picture and of its mirror image, at
    /// twice the time: for subjects that are the same either way round.
    #[serde(default)]
    pub mirror: bool,
    /// Pixels. Features are the mean of those of the picture and of it moved so far to the
    /// left, right, top and bottom, each with its mirror image where that counts too, at five
    /// times the time; 0 for the picture as it lies. See [`View`](crate::View).
    #[serde(default, skip_serializing_if = "is_default")]
    pub shift: usize,
}

/// Which generator, and how its features enter the prototype.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneratorConfig {
    /// Form of the network.
    pub kind: GeneratorKind,
    /// Width of the two hidden layers of a network.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hidden: usize,
    /// Dropout after each hidden layer, in training only.
    #[serde(default)]
    pub dropout: f32,
    /// Directions that have a deviation of their own, of the kind `covariance`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rank: usize,
    /// Whether a hallucinated feature is brought to unit length, as real ones are
    /// by most transforms.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unit_length: bool,
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
    /// No network: noise with the base classes' covariance about the seed
    /// (after Yang et al. 2021).
    Covariance,
}

impl GeneratorKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Reference, Self::Residual, Self::Covariance];

    /// Whether it has weights that training moves.
    pub fn learns(self) -> bool {
        self != Self::Covariance
    }
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
            rank: 0,
            unit_length: false,
            noise_scale: 1.0,
            hallucinated_weight: None,
            seeds: Seeds::Drawn,
        }
    }
}

impl GeneratorConfig {
    fn check(&self, dim: usize) -> Result<()> {
        let bad = |why: String| Err(Error::Config(why));
        if self.kind.learns() && (self.hidden == 0 || !(0.0..1.0).contains(&self.dropout)) {
            return bad("generator.hidden must be above 0 and dropout in 0..1".into());
        }
        if self.rank > dim {
            return bad(format!("generator.rank is {}, features have {dim} values", self.rank));
        }
        if !(self.noise_scale.is_finite() && self.noise_scale >= 0.0) {
            return bad(format!("generator.noise_scale is {}, not below 0", self.noise_scale));
        }
        match self.hallucinated_weight {
            Some(weight) if !(weight.is_finite() && weight >= 0.0) => {
                bad(format!("generator.hallucinated_weight is {weight}, expected 0 or more"))
            }
            _ => Ok(()),
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
                framing: Framing::Crop,
                invert: false,
                mirror: false,
                shift: 0,
            },
            backbone: BackboneConfig::default(),
            generator: None,
            head: HeadKind::Prototype,
            distance: Distance::L2,
            temperature: 1.0,
            ridge: RidgeConfig::default(),
            transform: FeatureTransform::None,
            rejection: None,
        }
    }

    /// Length D of a feature.
    pub fn feature_dim(&self) -> usize {
        self.backbone.feature_dim(self.image.size)
    }

    /// A head of the given kind with the model's numbers, prototypes compared by
    /// `distance`.
    pub fn head_with(&self, kind: HeadKind, distance: Distance) -> Head {
        match kind {
            HeadKind::Prototype => Head::Prototype(distance),
            HeadKind::Ridge => {
                let RidgeConfig { lambda, gamma, .. } = self.ridge;
                Head::Ridge { lambda, gamma }
            }
        }
    }

    /// The head that queries are scored by unless one is asked for.
    pub fn own_head(&self) -> Head {
        self.head_with(self.head, self.distance)
    }

    /// What scores of a head are divided by before the softmax.
    pub fn temperature_of(&self, kind: HeadKind) -> f32 {
        match kind {
            HeadKind::Prototype => self.temperature,
            HeadKind::Ridge => self.ridge.temperature,
        }
    }

    /// Sets what scores of the model's own head are divided by.
    pub fn set_temperature(&mut self, temperature: f32) {
        match self.head {
            HeadKind::Prototype => self.temperature = temperature,
            HeadKind::Ridge => self.ridge.temperature = temperature,
        }
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
        if self.image.shift >= *size {
            return bad("image.shift must be below image.size".into());
        }
        for (name, value) in [
            ("temperature", self.temperature),
            ("ridge.temperature", self.ridge.temperature),
            ("ridge.lambda", self.ridge.lambda),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return bad(format!("{name} is {value}, expected above zero"));
            }
        }
        let gamma = self.ridge.gamma;
        if !(gamma.is_finite() && gamma >= 0.0) {
            return bad(format!("ridge.gamma is {gamma}, expected above zero, or zero for none"));
        }
        self.transform.check(self.feature_dim())?;
        self.generator.as_ref().map_or(Ok(()), |generator| generator.check(self.feature_dim()))
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
        config = tiny(32, 3);
        config.image.shift = 32;
        assert!(config.check().unwrap_err().to_string().contains("image.shift"));
        assert!(tiny(32, 1).check().is_ok());
    }
}
