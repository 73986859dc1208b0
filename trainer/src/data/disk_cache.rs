//! Decoded pixels kept between runs, where `FEWSHOT_CACHE` names a folder.
//!
//! A file is named by the SHA-256 of what went into it: the listing with sizes
//! and times of change, and the preprocessing. So it is never stale, only unused;
//! it can be deleted at any time. Without the variable nothing is written.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, Result};
use fewshot::config::ImageConfig;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::ImageSource;
use crate::write;

/// To be raised when decoding or resizing changes what it gives.
const FORMAT: &str = "fewshot pixels 2\n";

/// Where the pixels of one listing are, or will be, kept.
#[derive(Debug)]
pub struct Slot {
    path: PathBuf,
}

impl Slot {
    /// The slot of these pictures, if a cache folder is given.
    ///
    /// # Errors
    /// Where a picture's file is gone or the folder cannot be made.
    pub fn find(images: &[&ImageSource], config: &ImageConfig) -> Result<Option<Self>> {
        match std::env::var_os("FEWSHOT_CACHE") {
            Some(folder) if !folder.is_empty() => {
                Self::within(folder.into(), images, config).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn within(folder: PathBuf, images: &[&ImageSource], config: &ImageConfig) -> Result<Self> {
        std::fs::create_dir_all(&folder).with_context(|| {
            format!("cannot make the cache folder {} (FEWSHOT_CACHE)", folder.display())
        })?;
        let fingerprints: Vec<String> =
            images.par_iter().map(|image| image.fingerprint()).collect::<Result<_>>()?;
        let mut hash = Sha256::new();
        hash.update(FORMAT);
        let ImageConfig { size, channels, resize, framing, invert, .. } = config;
        hash.update(format!("{size} {channels} {resize} {framing:?} {invert}\n"));
        for line in fingerprints {
            hash.update(line);
            hash.update("\n");
        }
        let name: String = hex::encode(&hash.finalize()[..16]);
        Ok(Self { path: folder.join(format!("{name}.pixels")) })
    }

    /// The kept pixels, or `None` where there are none of this length.
    ///
    /// # Errors
    /// Where the file is there but cannot be read.
    pub fn read(&self, length: usize) -> Result<Option<Vec<u8>>> {
        let of_file = || format!("cannot read the cache {}; delete it", self.path.display());
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(of_file),
        };
        if file.metadata().with_context(of_file)?.len() != length as u64 {
            return Ok(None);
        }
        let mut pixels = vec![0; length];
        file.read_exact(&mut pixels).with_context(of_file)?;
        Ok(Some(pixels))
    }

    /// Keeps pixels.
    ///
    /// # Errors
    /// Where the disk is full or the folder read-only; nothing is left behind.
    pub fn write(&self, pixels: &[u8]) -> Result<()> {
        write::atomically(&self.path, pixels)
            .context("the cache of pixels cannot be kept; or unset FEWSHOT_CACHE")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(size: usize) -> ImageConfig {
        ImageConfig {
            size,
            channels: 1,
            mean: vec![0.0],
            std: vec![1.0],
            resize: size,
            framing: fewshot::config::Framing::Crop,
            invert: false,
            mirror: false,
            shift: 0,
        }
    }

    #[test]
    fn what_is_kept_comes_back_and_anything_new_has_another_slot() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.png");
        std::fs::write(&file, b"one").unwrap();
        let image = ImageSource::file(file.clone());
        let slot = |image: &ImageSource, size| {
            Slot::within(folder.path().join("cache"), &[image], &config(size)).unwrap()
        };
        let first = slot(&image, 2);
        assert_eq!(first.read(4).unwrap(), None);
        first.write(&[1, 2, 3, 4]).unwrap();
        assert_eq!(first.read(4).unwrap(), Some(vec![1, 2, 3, 4]));
        assert_eq!(first.read(5).unwrap(), None, "a file of another length is not read");
        assert_eq!(slot(&image, 2).path, first.path);
        assert_ne!(slot(&image, 3).path, first.path, "other preprocessing");
        assert_ne!(slot(&image.turned(1), 2).path, first.path, "another turn");
        std::fs::write(&file, b"other").unwrap();
        assert_ne!(slot(&image, 2).path, first.path, "the file was changed");
    }
}
