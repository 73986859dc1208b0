//! Which backbone a model has, and its sizes.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use crate::{Error, Result};

/// Largest side of a picture, pixels.
const MOST_PIXELS: usize = 1024;

/// The backbones there are. In JSON `kind` names them, and a text without `kind` is
/// Conv-4's: the only one there was when the first files were written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", remote = "Self")]
pub enum BackboneConfig {
    /// Four blocks of the papers: [`crate::backbone::conv4`].
    Conv4(Conv4Config),
}

/// Sizes of Conv-4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conv4Config {
    /// Channels of every block.
    pub channels: usize,
    /// Number of blocks, each halving the side.
    pub blocks: usize,
}

impl Default for Conv4Config {
    fn default() -> Self {
        Self { channels: 64, blocks: 4 }
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
        Self::Conv4(Conv4Config { channels, blocks })
    }

    /// How `--backbone`, recipes and files call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Conv4(_) => "conv4",
        }
    }

    /// Length D of the feature of a picture of `size` pixels.
    pub fn feature_dim(&self, size: usize) -> usize {
        match self {
            Self::Conv4(conv4) => conv4.channels * (size >> conv4.blocks).pow(2),
        }
    }

    /// Checks that the numbers make a backbone for pictures of `size` pixels.
    ///
    /// # Errors
    /// Names the first value that cannot be used.
    pub fn check(&self, size: usize) -> Result<()> {
        let least = match self {
            Self::Conv4(Conv4Config { channels, blocks }) => {
                if !(1..=1024).contains(channels) || !(1..=8).contains(blocks) {
                    return Err(Error::Config(
                        "encoder.channels must be 1 to 1024 and encoder.blocks 1 to 8".into(),
                    ));
                }
                1 << blocks
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
