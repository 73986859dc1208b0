//! What is done to a feature before it is compared: a fixed map stored with the
//! model, so that the page applies what the trainer chose.

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::{
    ModelConfig, Parameters, Result,
    distance::normalise,
    kernels::arithmetic::{power, sub},
};

/// The parameter that holds the mean feature of the base classes, (D).
pub const MEAN: &str = "transform.mean";

/// A map of features (B, D) to features (B, D).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureTransform {
    /// The backbone's features as they are.
    #[default]
    None,
    /// Divided by their length.
    L2,
    /// The base classes' mean subtracted, then divided by their length
    /// (SimpleShot: Wang et al. 2019, section 3, "CL2N").
    CenterL2,
    /// Each value to the power `exponent` (features are not negative after
    /// ReLU), then centred and divided by their length.
    Power {
        /// 0.5 is the square root.
        exponent: f32,
    },
}

/// The transform with the tensors it needs.
#[derive(Clone, Debug)]
pub struct Transform {
    kind: FeatureTransform,
    mean: Option<Tensor>,
}

impl FeatureTransform {
    /// Whether it needs the base classes' mean, [`MEAN`].
    pub fn is_centred(self) -> bool {
        matches!(self, Self::CenterL2 | Self::Power { .. })
    }

    /// What happens before the mean is taken; (B, D) to (B, D).
    pub fn before_centring(self, features: &Tensor) -> Result<Tensor> {
        match self {
            Self::Power { exponent } => power(features, exponent),
            Self::None | Self::L2 | Self::CenterL2 => Ok(features.clone()),
        }
    }
}

impl Transform {
    /// Reads what the configured transform needs from `parameters`.
    ///
    /// # Errors
    /// If it is centred and [`MEAN`] is missing or not (D).
    pub fn new(config: &ModelConfig, parameters: &Parameters) -> Result<Self> {
        let kind = config.transform;
        let mean = kind.is_centred().then(|| parameters.get(MEAN, config.feature_dim()));
        Ok(Self { kind, mean: mean.transpose()? })
    }

    /// # Shapes
    /// - features: (B, D), f32, as the backbone leaves them
    /// - output: (B, D), f32
    ///
    /// # Errors
    /// If D is not the model's.
    pub fn apply(&self, features: &Tensor) -> Result<Tensor> {
        let mut features = self.kind.before_centring(features)?;
        if let Some(mean) = &self.mean {
            features = sub(&features, mean)?;
        }
        if self.kind == FeatureTransform::None { Ok(features) } else { normalise(&features) }
    }
}
