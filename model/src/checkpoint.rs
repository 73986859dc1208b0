//! The file of a model: bytes ↔ configuration, provenance and parameters.
//!
//! One safetensors file holds backbone and generator under PyTorch's names. Its
//! metadata carries the configuration; a bare `state_dict` has none, and
//! [`infer`] reads the sizes off the shapes. Opening files is the trainer's and
//! the page's business.

mod fingerprint;
mod infer;
mod numbers;

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use safetensors::tensor::TensorView;
use serde_json::{Map, Value};

use crate::sealed::{Sealed, seal};
use crate::{Error, ModelConfig, Parameters, Result};

/// Version written, and the newest read.
pub const VERSION: u32 = 1;

const VERSION_KEY: &str = "fewshot.version";
const CONFIG_KEY: &str = "fewshot.config";
const PROVENANCE_KEY: &str = "fewshot.provenance";

/// A model as it is stored.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// What the model is.
    pub config: ModelConfig,
    /// Where it comes from: data, split, recipe, seed, commit, scores.
    pub provenance: Map<String, Value>,
    /// Its numbers, f32, on the CPU.
    pub parameters: Parameters,
}

/// How matrices and convolutions are written; vectors (biases, BatchNorm) stay f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// As trained.
    #[default]
    F32,
    /// Half the size, about three significant digits.
    F16,
}

impl Checkpoint {
    /// Reads a file's bytes; f16, bf16 and f64 become f32, and
    /// `num_batches_tracked` is ignored.
    ///
    /// # Errors
    /// If the bytes are no safetensors, damaged, the version is newer, the configuration
    /// unusable, or a tensor missing, misshapen or not finite.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let file = Sealed::open(bytes)?;
        let metadata = &file.metadata;
        if let Some(version) = metadata.get(VERSION_KEY)
            && version.parse::<u32>().map_or(true, |version| version > VERSION)
        {
            return Err(Error::Version { actual: version.clone(), supported: VERSION });
        }
        file.check()?;
        let mut parameters = Parameters::default();
        for (name, view) in file.tensors.iter() {
            if !name.ends_with("num_batches_tracked") {
                parameters.insert(name, read_tensor(name, &view)?);
            }
        }
        let config = match metadata.get(CONFIG_KEY) {
            Some(json) => serde_json::from_str(json).map_err(|e| Error::Config(e.to_string()))?,
            None => infer::config(&parameters)?,
        };
        let provenance = match metadata.get(PROVENANCE_KEY) {
            Some(json) => serde_json::from_str(json).map_err(|e| Error::Config(e.to_string()))?,
            None => Map::new(),
        };
        let checkpoint = Self { config, provenance, parameters };
        checkpoint.config.check()?;
        // Building the networks checks that every tensor is there and fits.
        crate::Model::new(checkpoint.config.clone(), &checkpoint.parameters)?;
        Ok(checkpoint)
    }

    /// The configuration of a bare PyTorch `state_dict`, read off names and shapes, with
    /// the preprocessing that is usual for its backbone.
    ///
    /// # Errors
    /// If the tensors are no backbone's.
    pub fn infer_config(parameters: &Parameters) -> Result<ModelConfig> {
        infer::config(parameters)
    }

    /// The bytes of a file that [`Self::from_bytes`] reads back.
    ///
    /// # Errors
    /// If a tensor holds NaN or an infinity, in the precision asked for.
    pub fn to_bytes(&self, precision: Precision) -> Result<Vec<u8>> {
        let json =
            |value: serde_json::Result<String>| value.map_err(|e| Error::Config(e.to_string()));
        let metadata = HashMap::from([
            (VERSION_KEY.to_owned(), VERSION.to_string()),
            (CONFIG_KEY.to_owned(), json(serde_json::to_string(&self.config))?),
            (PROVENANCE_KEY.to_owned(), json(serde_json::to_string(&self.provenance))?),
        ]);
        let mut stored = Vec::new();
        for (name, tensor) in self.parameters.iter() {
            let half = precision == Precision::F16 && tensor.rank() > 1;
            let dtype = if half { DType::F16 } else { DType::F32 };
            let tensor = tensor.detach().to_device(&Device::Cpu)?.to_dtype(dtype)?.contiguous()?;
            let values = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
            check_finite(name, &values)?;
            stored.push((name.to_owned(), little_endian(&tensor)?, tensor.dims().to_vec(), half));
        }
        let mut views = Vec::with_capacity(stored.len());
        for (name, bytes, shape, half) in &stored {
            let dtype = if *half { safetensors::Dtype::F16 } else { safetensors::Dtype::F32 };
            let view = TensorView::new(dtype, shape.clone(), bytes)
                .map_err(|error| Error::Format(error.to_string()))?;
            views.push((name.clone(), view));
        }
        seal(views, metadata)
    }
}

fn read_tensor(name: &str, view: &TensorView) -> Result<Tensor> {
    let values = numbers::to_f32(view.dtype(), view.data()).ok_or_else(|| {
        Error::Format(format!("tensor '{name}' has a number type that is not supported"))
    })?;
    check_finite(name, &values)?;
    Ok(Tensor::from_vec(values, view.shape(), &Device::Cpu)?)
}

fn check_finite(name: &str, values: &[f32]) -> Result<()> {
    if values.iter().all(|value| value.is_finite()) {
        Ok(())
    } else {
        Err(Error::NotFinite(name.to_owned()))
    }
}

fn little_endian(tensor: &Tensor) -> Result<Vec<u8>> {
    let flat = tensor.flatten_all()?;
    if tensor.dtype() == DType::F16 {
        let values = flat.to_vec1::<half::f16>()?;
        return Ok(values.iter().flat_map(|value| value.to_le_bytes()).collect());
    }
    Ok(flat.to_vec1::<f32>()?.iter().flat_map(|value| value.to_le_bytes()).collect())
}

#[cfg(test)]
mod tests {
    use safetensors::serialize;

    use super::*;
    use crate::{BackboneConfig, Model, config::tests::tiny};

    fn checkpoint() -> Checkpoint {
        let config = tiny(32, 3);
        let parameters = Model::init(&config, 5, &Device::Cpu).unwrap();
        let provenance = Map::from_iter([("seed".to_owned(), Value::from(5))]);
        Checkpoint { config, provenance, parameters }
    }

    #[test]
    fn a_model_survives_the_file_bit_for_bit() -> Result<()> {
        let written = checkpoint();
        let read = Checkpoint::from_bytes(&written.to_bytes(Precision::F32)?)?;
        assert_eq!(read.config, written.config);
        assert_eq!(read.provenance, written.provenance);
        for ((name, a), (other, b)) in written.parameters.iter().zip(read.parameters.iter()) {
            assert_eq!(name, other);
            let values = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert_eq!(values(a), values(b), "{name}");
        }
        Ok(())
    }

    #[test]
    fn half_precision_halves_the_file_and_stays_close() -> Result<()> {
        let written = checkpoint();
        let (full, half) = (written.to_bytes(Precision::F32)?, written.to_bytes(Precision::F16)?);
        assert!(half.len() * 10 < full.len() * 6, "{} of {}", half.len(), full.len());
        let read = Checkpoint::from_bytes(&half)?;
        for ((name, a), (_, b)) in written.parameters.iter().zip(read.parameters.iter()) {
            let difference = (a - b)?.abs()?.max_all()?.to_scalar::<f32>()?;
            assert!(difference < 1e-3, "{name}: {difference}");
        }
        Ok(())
    }

    #[test]
    fn damaged_files_are_refused_with_the_reason() -> Result<()> {
        let refuse = |bytes: &[u8]| Checkpoint::from_bytes(bytes).unwrap_err().to_string();
        let good = checkpoint();
        let bytes = good.to_bytes(Precision::F32)?;
        assert!(refuse(&bytes[..bytes.len() / 2]).contains("truncated"));
        assert!(refuse(b"").contains("not a readable safetensors"));
        assert!(refuse(b"<!doctype html><html></html>").contains("not a readable safetensors"));

        let mut flipped = bytes.clone();
        let last = flipped.len() - 2;
        flipped[last] ^= 1;
        let error = Checkpoint::from_bytes(&flipped).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");

        let mut missing = good.clone();
        missing.parameters.remove_prefix("encoder.2.0.weight");
        assert!(refuse(&missing.to_bytes(Precision::F32)?).contains("encoder.2.0.weight"));

        let mut misshapen = good.clone();
        misshapen.config.backbone = BackboneConfig::conv4(9, 4);
        assert!(refuse(&misshapen.to_bytes(Precision::F32)?).contains("expected"));

        let mut diverged = good.clone();
        diverged.parameters.insert("generator.linear1.bias", Tensor::new(f32::NAN, &Device::Cpu)?);
        assert!(diverged.to_bytes(Precision::F32).unwrap_err().to_string().contains("finite"));
        Ok(())
    }

    #[test]
    fn a_later_version_is_refused() -> Result<()> {
        let bytes = checkpoint().to_bytes(Precision::F32)?;
        let text = br#""fewshot.version":"1""#;
        let at = bytes.windows(text.len()).position(|window| window == text).unwrap();
        let mut later = bytes;
        later[at + text.len() - 2] = b'9';
        let error = Checkpoint::from_bytes(&later).unwrap_err();
        assert!(matches!(error, Error::Version { supported: VERSION, .. }), "{error}");
        Ok(())
    }

    #[test]
    fn sizes_are_read_off_a_bare_state_dict() -> Result<()> {
        let expected = checkpoint();
        let mut stored = Vec::new();
        for (name, tensor) in expected.parameters.iter() {
            stored.push((name.to_owned(), little_endian(tensor)?, tensor.dims().to_vec()));
        }
        stored.push((
            "encoder.0.1.num_batches_tracked".into(),
            7i64.to_le_bytes().to_vec(),
            vec![],
        ));
        let views = stored.iter().map(|(name, bytes, shape)| {
            let dtype =
                if shape.is_empty() { safetensors::Dtype::I64 } else { safetensors::Dtype::F32 };
            (name, TensorView::new(dtype, shape.clone(), bytes).unwrap())
        });
        let read = Checkpoint::from_bytes(&serialize(views, None).unwrap())?;
        assert_eq!(read.config.backbone, expected.config.backbone);
        assert_eq!(read.config.image.size, 32);
        assert_eq!(read.config.generator.map(|g| g.hidden), Some(24));
        Ok(())
    }
}
