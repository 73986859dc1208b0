//! Skipping work whose input has not changed: a stamp file holds the digest of what was used.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A file beside a result that tells what the result was made from.
pub struct Stamp {
    path: PathBuf,
    digest: String,
}

impl Stamp {
    pub fn new(path: PathBuf, input: impl AsRef<[u8]>) -> Self {
        Self { path, digest: sha256(input.as_ref()) }
    }

    /// Whether the result was made from the same input.
    pub fn is_fresh(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|stored| stored == self.digest)
    }

    /// Call after the result is complete.
    pub fn write(&self) -> Result<()> {
        fs::write(&self.path, &self.digest)
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Reads a whole file, or says which one could not be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file, its folder too where there is none, or says which one could not be written.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))
        .and_then(|()| fs::write(path, bytes))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_sha_256() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), empty);
    }

    #[test]
    fn a_stamp_is_fresh_only_for_the_same_input() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stamp");
        let stamp = Stamp::new(path.clone(), "one");
        assert!(!stamp.is_fresh());
        stamp.write().unwrap();
        assert!(stamp.is_fresh());
        assert!(!Stamp::new(path, "two").is_fresh());
    }
}
