//! What is done to a feature before it is compared: a fixed map stored with the
//! model, so that the page applies what the trainer chose.

mod whiten;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::{
    Error, ModelConfig, Parameters, Result,
    distance::normalise,
    kernels::arithmetic::{power, sub},
};
use whiten::Whitening;
pub use whiten::{BASIS, GAINS};

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
    /// Each value to the power `exponent`, its sign kept, then centred and divided
    /// by their length.
    Power {
        /// 0.5 is the square root.
        exponent: f32,
    },
    /// To a power, centred, whitened by the base classes' covariance within a
    /// class, divided by their length.
    Whiten {
        /// The power before the mean is subtracted; 1 for none.
        #[serde(default = "one")]
        exponent: f32,
        /// Directions that are scaled, R.
        rank: usize,
    },
}

fn one() -> f32 {
    1.0
}

/// The transform with the tensors it needs.
#[derive(Clone, Debug)]
pub struct Transform {
    kind: FeatureTransform,
    mean: Option<Tensor>,
    whitening: Option<Whitening>,
}

impl FeatureTransform {
    /// Whether it needs the base classes' mean, [`MEAN`].
    pub fn is_centred(self) -> bool {
        matches!(self, Self::CenterL2 | Self::Power { .. } | Self::Whiten { .. })
    }

    /// The number of directions it scales, where it whitens.
    pub fn whitened(self) -> Option<usize> {
        match self {
            Self::Whiten { rank, .. } => Some(rank),
            _ => None,
        }
    }

    /// What happens before the mean is taken; (B, D) to (B, D).
    pub fn before_centring(self, features: &Tensor) -> Result<Tensor> {
        match self {
            Self::Whiten { exponent: 1.0, .. } => Ok(features.clone()),
            Self::Power { exponent } | Self::Whiten { exponent, .. } => power(features, exponent),
            Self::None | Self::L2 | Self::CenterL2 => Ok(features.clone()),
        }
    }

    pub(crate) fn check(self, dim: usize) -> Result<()> {
        let (Self::Power { exponent } | Self::Whiten { exponent, .. }) = self else {
            return Ok(());
        };
        if !(exponent.is_finite() && exponent > 0.0) {
            let why = format!("transform.exponent is {exponent}, expected above zero");
            return Err(Error::Config(why));
        }
        match self.whitened() {
            Some(rank) if !(1..=dim).contains(&rank) => {
                Err(Error::Config(format!("transform.rank is {rank}, expected 1 to {dim}")))
            }
            _ => Ok(()),
        }
    }
}

impl Transform {
    /// Reads what the configured transform needs from `parameters`.
    ///
    /// # Errors
    /// If it is centred and [`MEAN`] is missing or not (D), or it whitens and
    /// [`BASIS`] or [`GAINS`] is.
    pub fn new(config: &ModelConfig, parameters: &Parameters) -> Result<Self> {
        let (kind, dim) = (config.transform, config.feature_dim());
        let mean = kind.is_centred().then(|| parameters.get(MEAN, dim)).transpose()?;
        let whitening = kind.whitened().map(|rank| Whitening::new(rank, dim, parameters));
        Ok(Self { kind, mean, whitening: whitening.transpose()? })
    }

    /// Its tensors before they are measured, with which it only divides by the length.
    ///
    /// # Errors
    /// If a tensor cannot be made.
    pub fn init(config: &ModelConfig, device: &candle_core::Device) -> Result<Parameters> {
        let (kind, dim) = (config.transform, config.feature_dim());
        let mut parameters = Parameters::default();
        if kind.is_centred() {
            parameters.insert(MEAN, Tensor::zeros(dim, candle_core::DType::F32, device)?);
        }
        if let Some(rank) = kind.whitened() {
            parameters.extend(whiten::init(rank, dim, device)?);
        }
        Ok(parameters)
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
        if let Some(whitening) = &self.whitening {
            features = whitening.apply(&features)?;
        }
        if self.kind == FeatureTransform::None { Ok(features) } else { normalise(&features) }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::{config::tests::tiny, rng};

    #[test]
    fn a_fresh_whitening_is_a_power_centring_and_unit_length() -> Result<()> {
        let mut config = tiny(32, 3);
        let features = rng::normal(&mut rng::rng(1, 0), (4, config.feature_dim()), &Device::Cpu)?;
        let features = features.abs()?;
        let apply = |config: &ModelConfig| -> Result<Vec<Vec<f32>>> {
            let mut parameters = Transform::init(config, &Device::Cpu)?;
            let mean = Tensor::full(0.25f32, config.feature_dim(), &Device::Cpu)?;
            parameters.insert(MEAN, mean);
            Ok(Transform::new(config, &parameters)?.apply(&features)?.to_vec2()?)
        };
        config.transform = FeatureTransform::Whiten { exponent: 0.5, rank: 3 };
        let whitened = apply(&config)?;
        config.transform = FeatureTransform::Power { exponent: 0.5 };
        assert_eq!(whitened, apply(&config)?);
        for row in whitened {
            let length: f32 = row.iter().map(|value| value * value).sum();
            assert!((length - 1.0).abs() < 1e-5);
        }
        Ok(())
    }

    #[test]
    fn directions_are_scaled_by_their_gain() -> Result<()> {
        let mut config = tiny(32, 3);
        config.transform = FeatureTransform::Whiten { exponent: 1.0, rank: 1 };
        let dim = config.feature_dim();
        let mut parameters = Transform::init(&config, &Device::Cpu)?;
        let mut direction = vec![0f32; dim];
        (direction[0], direction[1]) = (0.6, 0.8);
        parameters.insert(BASIS, Tensor::from_vec(direction, (1, dim), &Device::Cpu)?);
        parameters.insert(GAINS, Tensor::new(&[-1f32], &Device::Cpu)?);
        let mut feature = vec![0f32; dim];
        (feature[0], feature[1], feature[2]) = (0.6, 0.8, 2.0);
        let feature = Tensor::from_vec(feature, (1, dim), &Device::Cpu)?;
        let whitened = Transform::new(&config, &parameters)?.apply(&feature)?;
        let values = whitened.to_vec2::<f32>()?;
        assert!(values[0][0].abs() < 1e-6 && (values[0][2] - 1.0).abs() < 1e-6, "{values:?}");
        Ok(())
    }

    #[test]
    fn unusable_numbers_are_named() {
        let mut config = tiny(32, 3);
        for (transform, name) in [
            (FeatureTransform::Power { exponent: 0.0 }, "exponent"),
            (FeatureTransform::Whiten { exponent: 1.0, rank: 0 }, "rank"),
            (FeatureTransform::Whiten { exponent: 1.0, rank: 1_000_000 }, "rank"),
            (FeatureTransform::Whiten { exponent: f32::NAN, rank: 2 }, "exponent"),
        ] {
            config.transform = transform;
            assert!(config.check().unwrap_err().to_string().contains(name), "{transform:?}");
        }
    }
}
