//! Which backbone a model has, and its sizes.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use super::is_default;
use crate::{
    Error, Result,
    backbone::{efficientnet_lite0, resnet12},
    kernels::Moments,
};

/// Largest side of a picture, pixels.
const MOST_PIXELS: usize = 1024;

/// The backbones there are. In JSON `kind` names them, and a text without `kind` is
/// Conv-4's: the only one there was when the first files were written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", remote = "Self")]
pub enum BackboneConfig {
    /// Four blocks of the papers: [`crate::backbone::Conv4`].
    #[serde(rename = "conv4")]
    Conv4(Conv4Config),
    /// The field's second standard: [`crate::backbone::ResNet12`].
    #[serde(rename = "resnet12")]
    ResNet12(ResNet12Config),
    /// ImageNet's weights, for photographs: [`crate::backbone::EfficientNetLite0`].
    #[serde(rename = "efficientnet-lite0")]
    EfficientNetLite0(EfficientNetLite0Config),
}

/// Sizes of Conv-4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conv4Config {
    /// Channels of every block.
    pub channels: usize,
    /// Number of blocks, each halving the side.
    pub blocks: usize,
    /// Weight of the last but one block's output in the feature, behind the last one's and as
    /// long: the mean of each window that the last block pools. What is closer to the picture is
    /// less bound to the classes that were learned from. 0 leaves it out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub penultimate: f32,
}

impl Default for Conv4Config {
    fn default() -> Self {
        Self { channels: 64, blocks: 4, penultimate: 0.0 }
    }
}

/// Sizes of ResNet-12.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResNet12Config {
    /// Channels of each of the four blocks.
    #[serde(default = "resnet12_channels")]
    pub channels: [usize; 4],
}

fn resnet12_channels() -> [usize; 4] {
    [64, 160, 320, 640]
}

impl Default for ResNet12Config {
    fn default() -> Self {
        Self { channels: resnet12_channels() }
    }
}

/// What of EfficientNet-Lite0 makes the feature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EfficientNetLite0Config {
    /// Blocks whose pooled outputs follow the 1280 of the last layer, in ascending order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pooled: Vec<Pooled>,
}

/// A block whose outputs are pooled, and how much of them joins the feature.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pooled {
    /// The block, counted from 0.
    pub block: usize,
    /// Weight of the mean of each channel; 0 leaves it out.
    #[serde(default)]
    pub mean: f32,
    /// Weight of the standard deviation of each channel; 0 leaves it out.
    #[serde(default)]
    pub deviation: f32,
}

impl Pooled {
    /// The mean of each channel alone, as it is.
    pub fn mean(block: usize) -> Self {
        Self { block, mean: 1.0, deviation: 0.0 }
    }

    pub(crate) fn moments(&self) -> Moments {
        Moments { mean: self.mean, deviation: self.deviation }
    }

    fn is_usable(&self) -> bool {
        let weight = |value: f32| value.is_finite() && value >= 0.0;
        weight(self.mean) && weight(self.deviation) && self.moments().count() > 0
    }
}

impl Default for BackboneConfig {
    fn default() -> Self {
        Self::Conv4(Conv4Config::default())
    }
}

impl BackboneConfig {
    /// Conv-4 of `blocks` blocks with `channels` each.
    pub fn conv4(channels: usize, blocks: usize) -> Self {
        Self::Conv4(Conv4Config { channels, blocks, penultimate: 0.0 })
    }

    /// Every kind at its published size.
    pub fn all() -> [Self; 3] {
        [
            Self::Conv4(Conv4Config::default()),
            Self::ResNet12(ResNet12Config::default()),
            Self::EfficientNetLite0(EfficientNetLite0Config::default()),
        ]
    }

    /// How `--backbone`, recipes and files call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Conv4(_) => "conv4",
            Self::ResNet12(_) => "resnet12",
            Self::EfficientNetLite0(_) => "efficientnet-lite0",
        }
    }

    /// Length D of the feature of a picture of `size` pixels.
    pub fn feature_dim(&self, size: usize) -> usize {
        match self {
            Self::Conv4(conv4) if conv4.penultimate > 0.0 => 2 * self.last_dim(size),
            Self::Conv4(_) => self.last_dim(size),
            Self::ResNet12(resnet) => resnet.channels[3],
            Self::EfficientNetLite0(net) => efficientnet_lite0::feature_dim(&net.pooled),
        }
    }

    /// Length of what the last layer alone gives for a picture of `size` pixels, which is what is
    /// learned through: a feature without what joins it from shallower blocks.
    pub fn last_dim(&self, size: usize) -> usize {
        match self {
            Self::Conv4(conv4) => conv4.channels * (size >> conv4.blocks).pow(2),
            Self::ResNet12(resnet) => resnet.channels[3],
            Self::EfficientNetLite0(_) => efficientnet_lite0::feature_dim(&[]),
        }
    }

    /// Checks that the numbers make a backbone for pictures of `size` pixels.
    ///
    /// # Errors
    /// Names the first value that cannot be used.
    pub fn check(&self, size: usize) -> Result<()> {
        let least = match self {
            Self::Conv4(Conv4Config { channels, blocks, penultimate }) => {
                if !(1..=1024).contains(channels) || !(1..=8).contains(blocks) {
                    return Err(Error::Config(
                        "encoder.channels must be 1 to 1024 and encoder.blocks 1 to 8".into(),
                    ));
                }
                if !(0.0..=100.0).contains(penultimate) || (*penultimate > 0.0 && *blocks < 2) {
                    return Err(Error::Config(
                        "encoder.penultimate must be 0 to 100, and 0 where there is one block"
                            .into(),
                    ));
                }
                1 << blocks
            }
            Self::ResNet12(ResNet12Config { channels }) => {
                if !channels.iter().all(|channels| (1..=2048).contains(channels)) {
                    return Err(Error::Config("encoder.channels must each be 1 to 2048".into()));
                }
                resnet12::LEAST_PIXELS
            }
            Self::EfficientNetLite0(EfficientNetLite0Config { pooled }) => {
                let blocks = efficientnet_lite0::BLOCKS;
                let ascending = pooled.is_sorted_by(|a, b| a.block < b.block);
                if !ascending || pooled.iter().any(|at| at.block >= blocks || !at.is_usable()) {
                    return Err(Error::Config(format!(
                        "encoder.pooled is {pooled:?}, expected ascending blocks below {blocks} \
                         with a mean or a deviation above 0"
                    )));
                }
                efficientnet_lite0::LEAST_PIXELS
            }
        };
        if !(least..=MOST_PIXELS).contains(&size) {
            return Err(Error::Config(format!(
                "image.size is {size}, {} needs {least} to {MOST_PIXELS} pixels",
                self.name()
            )));
        }
        Ok(())
    }
}

impl Serialize for BackboneConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            // Without `kind`, as files have always had it: fingerprints are taken of this text.
            Self::Conv4(conv4) => conv4.serialize(serializer),
            Self::ResNet12(_) | Self::EfficientNetLite0(_) => Self::serialize(self, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for BackboneConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut fields = Map::<String, Value>::deserialize(deserializer)?;
        fields.entry("kind").or_insert_with(|| "conv4".into());
        Self::deserialize(Value::Object(fields)).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_conv4_is_the_one_of_the_first_files() {
        let text = r#"{"channels":64,"blocks":4}"#;
        let config: BackboneConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config, BackboneConfig::conv4(64, 4));
        assert_eq!(serde_json::to_string(&config).unwrap(), text);
        let named = r#"{"kind":"conv4","blocks":4,"channels":64}"#;
        assert_eq!(serde_json::from_str::<BackboneConfig>(named).unwrap(), config);
        let text = r#"{"channels":64,"blocks":4,"penultimate":0.5}"#;
        let joined: BackboneConfig = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&joined).unwrap(), text);
        assert_eq!([config.feature_dim(84), joined.feature_dim(84)], [1600, 3200]);
        assert_eq!(joined.last_dim(84), 1600);
    }

    #[test]
    fn the_other_kinds_are_named_and_keep_what_is_not_the_default() {
        for (text, dim) in [
            (r#"{"kind":"resnet12","channels":[64,160,320,640]}"#, 640),
            (r#"{"kind":"efficientnet-lite0"}"#, 1280),
            (
                r#"{"kind":"efficientnet-lite0","pooled":[{"block":4,"mean":1.0,"deviation":0.0},{"block":14,"mean":0.5,"deviation":2.0}]}"#,
                1280 + 40 + 384,
            ),
        ] {
            let config: BackboneConfig = serde_json::from_str(text).unwrap();
            assert_eq!(config.feature_dim(224), dim, "{text}");
            assert_eq!(serde_json::to_string(&config).unwrap(), text);
            assert!(config.check(224).is_ok() && config.check(15).is_err(), "{text}");
        }
        let default: BackboneConfig = serde_json::from_str(r#"{"kind":"resnet12"}"#).unwrap();
        assert_eq!(default, BackboneConfig::ResNet12(ResNet12Config::default()));
    }

    #[test]
    fn what_no_kind_has_is_refused() {
        for text in [
            r#"{"kind":"efficientnet-lite0","channels":64}"#,
            r#"{"kind":"resnet12","channels":[1,2,3]}"#,
        ] {
            assert!(serde_json::from_str::<BackboneConfig>(text).is_err(), "{text}");
        }
        for text in [
            r#"{"kind":"efficientnet-lite0","pooled":[{"block":16,"mean":1.0}]}"#,
            r#"{"kind":"efficientnet-lite0","pooled":[{"block":5,"mean":1.0},{"block":5,"mean":1.0}]}"#,
            r#"{"kind":"efficientnet-lite0","pooled":[{"block":5}]}"#,
            r#"{"kind":"resnet12","channels":[1,2,3,0]}"#,
            r#"{"channels":8,"blocks":4,"penultimate":-0.5}"#,
            r#"{"channels":8,"blocks":1,"penultimate":0.5}"#,
        ] {
            let config: BackboneConfig = serde_json::from_str(text).unwrap();
            assert!(config.check(64).is_err(), "{text}");
        }
    }

    #[test]
    fn an_unknown_kind_is_named_beside_those_there_are() {
        let error = serde_json::from_str::<BackboneConfig>(r#"{"kind":"vgg"}"#).unwrap_err();
        assert!(
            error.to_string().contains("vgg") && error.to_string().contains("conv4"),
            "{error}"
        );
    }
}
