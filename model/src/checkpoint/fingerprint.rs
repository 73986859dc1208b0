//! A short name for the numbers of a model, so that features are never mixed up.

use crate::{Checkpoint, Error, Result};

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

impl Checkpoint {
    /// Sixteen hexadecimal digits that follow from everything a feature depends
    /// on: preprocessing, sizes, transform and parameters. Recalibrating
    /// temperature or rejection leaves them as they are. It tells models apart
    /// by accident, not against someone who forges one.
    ///
    /// # Errors
    /// If a parameter is not f32.
    pub fn fingerprint(&self) -> Result<String> {
        let config = &self.config;
        let parts = (&config.image, &config.backbone, &config.generator, &config.transform);
        let json = serde_json::to_string(&parts).map_err(|e| Error::Config(e.to_string()))?;
        let mut hash = json.bytes().fold(OFFSET, |hash, byte| add(hash, byte.into()));
        for (name, tensor) in self.parameters.iter() {
            hash = name.bytes().fold(hash, |hash, byte| add(hash, byte.into()));
            let values = tensor.flatten_all()?.to_vec1::<f32>()?;
            hash = values.iter().fold(hash, |hash, value| add(hash, value.to_bits()));
        }
        Ok(format!("{hash:016x}"))
    }
}

/// FNV-1a by words of 32 bits: a model has millions of numbers.
fn add(hash: u64, word: u32) -> u64 {
    // The rotation brings high bits down, where a multiplication alone never does.
    (hash ^ u64::from(word)).wrapping_mul(PRIME).rotate_left(23)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use serde_json::Map;

    use super::*;
    use crate::{Model, config::tests::tiny};

    #[test]
    fn every_number_counts_and_calibration_does_not() -> Result<()> {
        let config = tiny(32, 3);
        let parameters = Model::init(&config, 5, &Device::Cpu)?;
        let checkpoint = Checkpoint { config, provenance: Map::new(), parameters };
        let fingerprint = checkpoint.fingerprint()?;
        assert_eq!(fingerprint.len(), 16);

        let mut calibrated = checkpoint.clone();
        calibrated.config.temperature = 3.0;
        assert_eq!(calibrated.fingerprint()?, fingerprint);

        let mut moved = checkpoint.clone();
        let name = "encoder.3.1.bias";
        let bias = moved.parameters.find(name).map(|bias| bias + 1e-7).transpose()?;
        moved.parameters.insert(name, bias.ok_or(Error::MissingTensor(name.into()))?);
        assert_ne!(moved.fingerprint()?, fingerprint);

        let mut resized = checkpoint;
        resized.config.image.resize += 1;
        assert_ne!(resized.fingerprint()?, fingerprint);
        Ok(())
    }
}
