//! The two forms of PyTorch's files: the pickle, and the numbers it refers to.

use std::collections::HashMap;
use std::io::Cursor;

use anyhow::{Context, Result, bail};
use candle_core::pickle::{Object, TensorInfo};
use candle_core::{DType, Device, Tensor};

use super::pickle::unpickle;
use crate::data::read_within;

/// How a zip begins.
const ZIP: &[u8] = b"PK\x03\x04";
/// How the stream of PyTorch before 1.6 begins: its magic number as a pickle.
const STREAM: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e";

/// Numbers of a tensor for each that is stored, and however few are: some are stored once for a
/// whole row or column.
const MOST_TIMES: usize = 64;
const MOST_AT_LEAST: usize = 1 << 20;
/// Bytes that a zip may unpack to for each of its own. PyTorch packs nothing; others may.
const MOST_UNPACKED: u64 = 64;

/// What is in a file of PyTorch.
pub(super) struct Archive {
    object: Object,
    /// Bytes of each storage, by its key.
    storages: HashMap<String, Vec<u8>>,
}

impl Archive {
    /// Reads a file; none if it is not PyTorch's.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn open(bytes: &[u8]) -> Result<Option<Self>> {
        if bytes.starts_with(ZIP) {
            return zip(bytes).map(Some);
        }
        bytes.strip_prefix(STREAM).map(stream).transpose()
    }

    /// What was saved.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// One tensor, f32.
    ///
    /// # Errors
    /// If its numbers are not there.
    pub fn tensor(&self, info: &TensorInfo) -> Result<Tensor> {
        let key = info.path.rsplit('/').next().unwrap_or_default();
        let bytes = self.storages.get(key).with_context(|| format!("there is no storage {key}"))?;
        let size = info.dtype.size_in_bytes();
        let whole = &bytes[..bytes.len() / size * size];
        let values =
            Tensor::from_raw_buffer(whole, info.dtype, &[whole.len() / size], &Device::Cpu)?
                .to_dtype(DType::F32)?
                .to_vec1::<f32>()?;
        let layout = &info.layout;
        let value = |index: usize| {
            // Candle counts the start in bytes here, and strides in numbers.
            let (mut at, mut rest) = (Some(layout.start_offset() / size), index);
            for (length, stride) in layout.dims().iter().zip(layout.stride()).rev() {
                let along = (rest % length).checked_mul(*stride);
                at = at.zip(along).and_then(|(at, along)| at.checked_add(along));
                rest /= length;
            }
            at.and_then(|at| values.get(at)).copied().context("numbers are missing")
        };
        let whole = layout.dims().iter().try_fold(1, |count: usize, dim| count.checked_mul(*dim));
        let count = whole.filter(|count| *count <= MOST_AT_LEAST.max(MOST_TIMES * values.len()));
        let count = count.context("its shape has more numbers than there are")?;
        let values = (0..count).map(value).collect::<Result<Vec<f32>>>()?;
        Ok(Tensor::from_vec(values, layout.shape(), &Device::Cpu)?)
    }
}

fn zip(bytes: &[u8]) -> Result<Archive> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes))?;
    let (mut pickle, mut storages) = (None, HashMap::new());
    let mut left = MOST_UNPACKED * bytes.len() as u64;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index)?;
        let name = entry.name()?.into_owned();
        let content = read_within(&mut entry, &mut left)?;
        let content = content.context("it unpacks to far more than its size")?;
        if name.ends_with("data.pkl") {
            pickle = Some(content);
        } else if let Some((folder, key)) = name.rsplit_once('/')
            && folder.ends_with("data")
        {
            storages.insert(key.to_owned(), content);
        }
    }
    let pickle = pickle.context("there is no data.pkl in it")?;
    Ok(Archive { object: unpickle(&mut pickle.as_slice())?, storages })
}

fn stream(mut rest: &[u8]) -> Result<Archive> {
    // The version of the form, and facts of the machine that wrote it.
    unpickle(&mut rest)?;
    unpickle(&mut rest)?;
    let object = unpickle(&mut rest)?;
    let Object::List(keys) = unpickle(&mut rest)? else {
        bail!("the list of storages is missing");
    };
    let mut sizes = HashMap::new();
    storage_sizes(&object, &mut sizes);
    let mut storages = HashMap::new();
    for key in keys {
        let Object::Unicode(key) = key else {
            bail!("a storage has no name");
        };
        let size = *sizes.get(&key).with_context(|| format!("nothing refers to storage {key}"))?;
        let (count, after) = rest.split_first_chunk::<8>().context("a storage is missing")?;
        let length = usize::try_from(u64::from_le_bytes(*count))?.checked_mul(size);
        let content =
            length.and_then(|length| after.get(..length)).context("a storage ends early")?;
        storages.insert(key, content.to_vec());
        rest = &after[content.len()..];
    }
    Ok(Archive { object, storages })
}

/// Bytes of one number of each storage that an object refers to: `('storage', class, key,
/// location, count, …)`.
fn storage_sizes(object: &Object, into: &mut HashMap<String, usize>) {
    match object {
        Object::PersistentLoad(id) => {
            if let Object::Tuple(parts) = &**id
                && let [_, Object::Class { class_name, .. }, Object::Unicode(key), ..] = &parts[..]
            {
                into.insert(key.clone(), size_of_one(class_name));
            }
        }
        Object::Tuple(parts) | Object::List(parts) => {
            parts.iter().for_each(|part| storage_sizes(part, into));
        }
        Object::Dict(entries) => {
            for (key, value) in entries {
                storage_sizes(key, into);
                storage_sizes(value, into);
            }
        }
        Object::Reduce { callable, args } | Object::Build { callable, args } => {
            storage_sizes(callable, into);
            storage_sizes(args, into);
        }
        _ => {}
    }
}

fn size_of_one(storage: &str) -> usize {
    match storage {
        "DoubleStorage" | "LongStorage" => 8,
        "FloatStorage" | "IntStorage" => 4,
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
        _ => 1,
    }
}
