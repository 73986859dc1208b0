//! Stored results of PyTorch, and how near ours must be.

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};
use safetensors::SafeTensors;

/// A file of expected tensors.
pub struct Golden {
    file: SafeTensors<'static>,
}

impl Golden {
    /// # Errors
    /// If the bytes are no safetensors.
    pub fn new(bytes: &'static [u8]) -> Result<Self> {
        Ok(Self { file: SafeTensors::deserialize(bytes)? })
    }

    /// The expected tensor `name`, f32.
    ///
    /// # Errors
    /// If it is not in the file.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        let view = self.file.tensor(name).with_context(|| format!("no golden tensor '{name}'"))?;
        let dtype = candle_core::DType::try_from(view.dtype())?;
        Ok(Tensor::from_raw_buffer(view.data(), dtype, view.shape(), &Device::Cpu)?)
    }

    /// Holds `actual` against the tensor `name`: the largest difference over the
    /// largest expected value is at most `tolerance`.
    ///
    /// # Errors
    /// Names the tensor, with the difference.
    pub fn check(&self, name: &str, actual: &Tensor, tolerance: f32) -> Result<()> {
        check(name, &self.tensor(name)?, actual, tolerance)
    }
}

/// Holds `actual` against `expected`: the largest difference over the largest
/// expected value is at most `tolerance`.
///
/// # Errors
/// Names the tensor, with the difference.
pub fn check(name: &str, expected: &Tensor, actual: &Tensor, tolerance: f32) -> Result<()> {
    let shapes = (expected.dims(), actual.dims());
    ensure!(shapes.0 == shapes.1, "{name}: shape {:?}, expected {:?}", shapes.1, shapes.0);
    let difference = largest(&(actual.to_device(&Device::Cpu)? - expected)?)?;
    let relative = difference / largest(expected)?.max(f32::MIN_POSITIVE);
    ensure!(
        relative <= tolerance,
        "{name}: relative difference {relative:e}, allowed {tolerance:e}"
    );
    Ok(())
}

/// The largest absolute value; NaN where there is one.
///
/// # Errors
/// If the tensor is empty.
pub fn largest(tensor: &Tensor) -> Result<f32> {
    let values = tensor.flatten_all()?.to_vec1::<f32>()?;
    ensure!(!values.is_empty(), "an empty tensor has no largest value");
    let wider = |most: f32, value: f32| if value.is_nan() { value } else { most.max(value.abs()) };
    Ok(values.into_iter().fold(0.0, wider))
}

/// Every `stride`-th value, flat.
///
/// # Errors
/// If the tensor is not f32.
pub fn every(stride: usize, tensor: &Tensor) -> Result<Tensor> {
    let values = tensor.flatten_all()?.to_vec1::<f32>()?;
    let kept: Vec<f32> = values.into_iter().step_by(stride).collect();
    let count = kept.len();
    Ok(Tensor::from_vec(kept, count, tensor.device())?)
}
