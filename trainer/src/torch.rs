//! Tensors out of files that PyTorch or safetensors wrote.
//!
//! `torch.save` writes a zip since PyTorch 1.6 and wrote one stream before; both hold a
//! pickle, whose few kinds of objects candle reads, and the numbers beside it. Nothing
//! of the pickle is executed.

mod pickle;
mod storage;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use candle_core::pickle::{Object, TensorInfo};
use candle_core::{DType, Device, Tensor};
use fewshot::sealed::Sealed;

use self::storage::Archive;

/// Where the tensors are, in a file that holds more than them.
const WRAPPERS: [&str; 6] = ["state_dict", "model", "model_state_dict", "params", "net", "weights"];

/// Named tensors of a `.pth`, `.pt` or `.safetensors` file, f32.
///
/// # Errors
/// Names the file, what is wrong with it and what to do.
pub fn read(path: &Path) -> Result<BTreeMap<String, Tensor>> {
    let file = path.display();
    let bytes =
        std::fs::read(path).with_context(|| format!("cannot read {file}: check the path"))?;
    let Some(archive) = Archive::open(&bytes)
        .with_context(|| format!("cannot read {file}; it may be truncated, fetch it again"))?
    else {
        return safetensors(&bytes).with_context(|| {
            format!(
                "{file} is neither a file of PyTorch nor of safetensors; write the network's \
                 state_dict with torch.save or safetensors.torch.save_file"
            )
        });
    };
    let infos = tensors_of(archive.object());
    if infos.is_empty() {
        bail!("{file} holds no tensors by name; write the network's state_dict with torch.save");
    }
    let mut tensors = BTreeMap::new();
    for info in infos.into_iter().filter(|info| is_number(info.dtype)) {
        let tensor = archive.tensor(&info).with_context(|| {
            format!(
                "cannot read tensor '{}' of {file}; it may be truncated, fetch it again",
                info.name
            )
        })?;
        tensors.insert(info.name, tensor);
    }
    Ok(tensors)
}

fn safetensors(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>> {
    // What candle takes for granted of shapes is not so in every file.
    Sealed::open(bytes)?;
    let tensors = candle_core::safetensors::load_buffer(bytes, &Device::Cpu)?;
    let numbers = tensors.into_iter().filter(|(_, tensor)| is_number(tensor.dtype()));
    numbers.map(|(name, tensor)| Ok((name, tensor.to_dtype(DType::F32)?))).collect()
}

/// Counters, such as BatchNorm's `num_batches_tracked`, are no numbers of a network.
fn is_number(dtype: DType) -> bool {
    matches!(dtype, DType::F16 | DType::BF16 | DType::F32 | DType::F64)
}

/// The tensors of a `state_dict`, or of the one that `object` holds.
fn tensors_of(object: &Object) -> Vec<TensorInfo> {
    let entries = match object {
        Object::Dict(entries) => entries,
        // A class's instance: what it holds comes with it.
        Object::Build { args, .. } => return tensors_of(args),
        _ => return Vec::new(),
    };
    let info = |(name, value): &(Object, Object)| {
        value.clone().into_tensor_info(name.clone(), Path::new("")).ok().flatten()
    };
    let infos: Vec<TensorInfo> = entries.iter().filter_map(info).collect();
    if !infos.is_empty() {
        return infos;
    }
    let named = |wanted: &str| {
        let mut entries = entries.iter();
        entries.find(|(name, _)| *name == Object::Unicode(wanted.into())).map(|(_, value)| value)
    };
    let mut inner = WRAPPERS.into_iter().filter_map(named).map(tensors_of);
    inner.find(|infos| !infos.is_empty()).unwrap_or_default()
}
