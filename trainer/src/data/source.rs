//! Where one picture comes from: a file, or an entry of an archive, perhaps
//! turned by quarters. Decoding is [`super::decode`]'s.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};

use super::Decoded;
use super::decode::{decode_bytes, decode_file};
use super::synthetic::Instance;

/// One picture of a data set, not yet decoded.
#[derive(Clone, Debug)]
pub struct ImageSource {
    origin: Origin,
    quarter_turns: u8,
}

#[derive(Clone, Debug)]
enum Origin {
    File(PathBuf),
    Entry { archive: Arc<Path>, entry: String, bytes: Arc<[u8]> },
    Drawn(Instance),
}

impl ImageSource {
    /// A picture file.
    #[must_use]
    pub fn file(path: PathBuf) -> Self {
        Self { origin: Origin::File(path), quarter_turns: 0 }
    }

    /// An entry of an archive, with its uncompressed bytes.
    #[must_use]
    pub fn entry(archive: Arc<Path>, entry: String, bytes: Arc<[u8]>) -> Self {
        Self { origin: Origin::Entry { archive, entry, bytes }, quarter_turns: 0 }
    }

    /// A picture of the procedural data set, drawn when it is decoded.
    #[must_use]
    pub fn drawn(instance: Instance) -> Self {
        Self { origin: Origin::Drawn(instance), quarter_turns: 0 }
    }

    /// The same picture turned counter-clockwise by `quarters` of a turn.
    #[must_use]
    pub fn turned(&self, quarters: u8) -> Self {
        let quarter_turns = (self.quarter_turns + quarters) % 4;
        Self { origin: self.origin.clone(), quarter_turns }
    }

    /// What the picture is read from, whichever way it is turned: two sources
    /// with one identity are the same picture.
    #[must_use]
    pub fn identity(&self) -> String {
        match &self.origin {
            Origin::File(path) => path.display().to_string(),
            Origin::Entry { archive, entry, .. } => format!("{}!{entry}", archive.display()),
            Origin::Drawn(instance) => {
                format!("synthetic/species{:03}/{:02}", instance.species, instance.instance)
            }
        }
    }

    /// Where the picture lies, if it is a file of its own.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File(path) => Some(path),
            Origin::Entry { .. } | Origin::Drawn(_) => None,
        }
    }

    /// Name of the picture's file and its size in bytes, wherever it lies: what a
    /// run that goes on compares.
    ///
    /// # Errors
    /// Where the file is gone.
    pub fn name_and_size(&self) -> Result<(String, u64)> {
        let last = |path: &Path| {
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
        };
        Ok(match &self.origin {
            Origin::File(path) => {
                let metadata = std::fs::metadata(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                (last(path), metadata.len())
            }
            Origin::Entry { entry, bytes, .. } => (last(Path::new(entry)), bytes.len() as u64),
            Origin::Drawn(instance) => (format!("{:02}", instance.instance), 0),
        })
    }

    /// Decodes the picture; `side` is the side in pixels that is wanted, which
    /// only pictures that are drawn on demand take notice of.
    ///
    /// # Errors
    /// Where it cannot be read or is not a picture; the error names it.
    pub fn decode(&self, side: usize) -> Result<Decoded> {
        let decoded = match &self.origin {
            Origin::File(path) => decode_file(path)?,
            Origin::Drawn(instance) => instance.render(side)?,
            Origin::Entry { bytes, .. } => decode_bytes(bytes).with_context(|| {
                format!("{self} is broken or not a picture; fetch the archive again")
            })?,
        };
        Ok(decoded.turned(self.quarter_turns))
    }

    /// What tells this picture's content apart from another's without decoding
    /// it: identity, turn, and the file's size and time of change.
    ///
    /// # Errors
    /// Where the file is gone.
    pub fn fingerprint(&self) -> Result<String> {
        let content = match &self.origin {
            Origin::Drawn(_) => "drawn 2".into(),
            Origin::File(path) => {
                let of_file = || format!("cannot read {}", path.display());
                let metadata = std::fs::metadata(path).with_context(of_file)?;
                let modified = metadata.modified().with_context(of_file)?;
                let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                format!("{}:{}", metadata.len(), since.as_nanos())
            }
            Origin::Entry { bytes, .. } => {
                let mut crc = flate2::Crc::new();
                crc.update(bytes);
                format!("{}:{:08x}", bytes.len(), crc.sum())
            }
        };
        Ok(format!("{}\t{}\t{content}", self.identity(), self.quarter_turns))
    }
}

impl fmt::Display for ImageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identity())?;
        match self.quarter_turns {
            0 => Ok(()),
            quarters => write!(f, " turned by {} degrees", u32::from(quarters) * 90),
        }
    }
}
