//! Safetensors files with a checksum, so that a flipped bit is told and never
//! computed with. The format itself notices only lengths that do not add up.
//!
//! CRC-32 over the metadata and every tensor: it finds every burst of up to 32
//! bits and misses one in four thousand million others. It guards against disks
//! and transfers, not against someone who forges a file. Files without one
//! (those of PyTorch, and of earlier versions) are read as before.

use std::collections::HashMap;

use crc32fast::Hasher;
use safetensors::{SafeTensors, serialize, tensor::TensorView};

use crate::{Error, Result};

const KEY: &str = "fewshot.checksum";

/// A file whose lengths add up. Its content is not checked yet, since a later
/// version may count otherwise: see [`Sealed::check`].
#[derive(Debug)]
pub struct Sealed<'a> {
    /// Every entry of `__metadata__`.
    pub metadata: HashMap<String, String>,
    /// The tensors, not copied.
    pub tensors: SafeTensors<'a>,
}

impl<'a> Sealed<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`Error::Format`] where the bytes are no safetensors, or too few, or a shape is
    /// beyond any memory.
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(format)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let tensors = SafeTensors::deserialize(bytes).map_err(format)?;
        for (name, view) in tensors.iter() {
            // A side of 0 hides the others from the format, but not from whoever computes
            // strides.
            let bytes = view
                .shape()
                .iter()
                .try_fold(size_of::<f32>(), |bytes, side| bytes.checked_mul(*side.max(&1)));
            if bytes.is_none() {
                return Err(format(format_args!("'{name}' has a shape beyond any memory")));
            }
        }
        Ok(Self { metadata, tensors })
    }

    /// Compares the checksum, where there is one.
    ///
    /// # Errors
    /// [`Error::Damaged`] where it is another.
    pub fn check(&self) -> Result<()> {
        let Some(expected) = self.metadata.get(KEY) else { return Ok(()) };
        let actual = checksum(&self.metadata, self.tensors.iter());
        if &actual == expected {
            return Ok(());
        }
        Err(Error::Damaged { expected: expected.clone(), actual })
    }
}

/// The bytes of a file with these tensors and this metadata, and its checksum.
///
/// # Errors
/// If a shape and its bytes do not fit together.
pub fn seal(
    tensors: Vec<(String, TensorView)>,
    mut metadata: HashMap<String, String>,
) -> Result<Vec<u8>> {
    let views = tensors.iter().map(|(name, view)| (name.as_str(), view.clone()));
    let sum = checksum(&metadata, views);
    metadata.insert(KEY.to_owned(), sum);
    serialize(tensors, Some(metadata)).map_err(format)
}

/// Of everything but the checksum itself, in an order that does not depend on the file's.
fn checksum<'a>(
    metadata: &HashMap<String, String>,
    tensors: impl Iterator<Item = (&'a str, TensorView<'a>)>,
) -> String {
    let mut hash = Hasher::new();
    // Lengths stand before texts, so that nothing can move from one to the next.
    let mut add = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    let mut entries: Vec<_> = metadata.iter().filter(|(key, _)| *key != KEY).collect();
    entries.sort();
    for (key, value) in entries {
        add(key.as_bytes());
        add(value.as_bytes());
    }
    let mut tensors: Vec<_> = tensors.collect();
    tensors.sort_by_key(|(name, _)| *name);
    for (name, view) in tensors {
        add(name.as_bytes());
        add(view.dtype().to_string().as_bytes());
        for &side in view.shape() {
            add(&(side as u64).to_le_bytes());
        }
        add(view.data());
    }
    format!("{:08x}", hash.finalize())
}

fn format(error: impl std::fmt::Display) -> Error {
    Error::Format(error.to_string())
}

#[cfg(test)]
mod tests {
    use safetensors::Dtype;

    use super::*;

    fn file() -> Vec<u8> {
        let data: Vec<u8> = (0..32).collect();
        let view = |shape: &[usize]| TensorView::new(Dtype::F32, shape.to_vec(), &data).unwrap();
        let tensors = vec![("b".to_owned(), view(&[2, 4])), ("a".to_owned(), view(&[8]))];
        seal(tensors, HashMap::from([("key".to_owned(), "value".to_owned())])).unwrap()
    }

    fn opens(bytes: &[u8]) -> bool {
        Sealed::open(bytes).and_then(|sealed| sealed.check()).is_ok()
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let whole = file();
        assert!(opens(&whole));
        // Blanks after the header are padding, and the checksum's own key in other words is
        // a file without one: neither changes what is read.
        let header =
            8 + usize::try_from(u64::from_le_bytes(whole[..8].try_into().unwrap())).unwrap();
        let key = whole.windows(KEY.len()).position(|part| part == KEY.as_bytes()).unwrap();
        for bit in 0..whole.len() * 8 {
            let at = bit / 8;
            if (key..key + KEY.len()).contains(&at) || (at < header && whole[at] == b' ') {
                continue;
            }
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (bit % 8);
            assert!(!opens(&flipped), "bit {bit} of {} bits", whole.len() * 8);
        }
        for length in 0..whole.len() {
            assert!(!opens(&whole[..length]), "{length} of {} bytes", whole.len());
        }
    }

    #[test]
    fn a_file_without_checksum_is_read() {
        let data = [0; 4];
        let view = TensorView::new(Dtype::F32, vec![1], &data).unwrap();
        assert!(opens(&serialize([("a", view)], None).unwrap()));
    }
}
