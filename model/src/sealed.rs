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

/// Of everything but the checksum itself, whatever the file's order.
fn checksum<'a>(
    metadata: &HashMap<String, String>,
    tensors: impl Iterator<Item = (&'a str, TensorView<'a>)>,
) -> String {
    // Each part for itself, and the sum of all: a file's order of parts is not kept by readers.
    let mut sum = 0u32;
    let mut add = |parts: &mut dyn Iterator<Item = &[u8]>| {
        let mut hash = Hasher::new();
        for bytes in parts {
            hash.update(&(bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
        sum = sum.wrapping_add(hash.finalize());
    };
    for (key, value) in metadata {
        if key != KEY {
            add(&mut [key.as_bytes(), value.as_bytes()].into_iter());
        }
    }
    for (name, view) in tensors {
        let shape: Vec<u8> =
            view.shape().iter().flat_map(|&side| (side as u64).to_le_bytes()).collect();
        let kind = [view.dtype().bitsize() as u8];
        add(&mut [name.as_bytes(), &kind, &shape, view.data()].into_iter());
    }
    format!("{sum:08x}")
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
