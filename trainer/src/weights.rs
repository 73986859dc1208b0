//! Models read from files.

use std::path::Path;

use anyhow::{Context, Result, bail};
use candle_core::Device;
use fewshot::{Checkpoint, Model};

/// Reads the file of a model.
///
/// # Errors
/// Names the file, what is wrong with it and what to do.
pub fn read(path: &Path) -> Result<Checkpoint> {
    if path.is_dir() {
        bail!(
            "{} is a folder; give a file of weights, such as {}",
            path.display(),
            path.join("best.safetensors").display()
        );
    }
    let bytes = std::fs::read(path).with_context(|| {
        format!("cannot read the weights {}: check the path and its rights", path.display())
    })?;
    Checkpoint::from_bytes(&bytes)
        .with_context(|| format!("cannot use the weights {}", path.display()))
}

/// Reads a model and puts it on a device.
///
/// # Errors
/// As [`read`], or where the device has no room.
pub fn load(path: &Path, device: &Device) -> Result<Model> {
    let checkpoint = read(path)?;
    Model::from_checkpoint(&checkpoint, device)
        .with_context(|| format!("cannot put the model {} on the device", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_the_cure() {
        let folder = tempfile::tempdir().unwrap();
        let whole = testing::weights(folder.path(), 32);
        assert!(load(&whole, &Device::Cpu).is_ok());
        let error = |path: &Path| format!("{:#}", read(path).unwrap_err());

        let torn = folder.path().join("torn.safetensors");
        let bytes = std::fs::read(&whole).unwrap();
        std::fs::write(&torn, &bytes[..bytes.len() / 2]).unwrap();
        assert!(error(&torn).contains("torn.safetensors") && error(&torn).contains("truncated"));
        let missing = folder.path().join("missing.safetensors");
        assert!(error(&missing).contains("missing.safetensors: check the path"));
        assert!(error(folder.path()).contains("is a folder; give a file"));
    }
}
