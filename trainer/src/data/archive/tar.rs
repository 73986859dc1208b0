//! Tars packed by gzip.

use std::io::Read;
use std::path::Path;

use anyhow::{Result, ensure};
use flate2::read::MultiGzDecoder;
use tar::Archive;

use super::{stays_inside, write};

/// Unpacks all of a packed tar into `to`.
pub(super) fn extract(packed: impl Read, to: &Path, most_bytes: u64) -> Result<()> {
    let mut archive = Archive::new(MultiGzDecoder::new(packed));
    let mut left = most_bytes;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let inside = entry.path()?.into_owned();
        stays_inside(&inside)?;
        let kind = entry.header().entry_type();
        if kind.is_dir() {
            std::fs::create_dir_all(to.join(&inside))?;
        } else if !kind.is_pax_global_extensions() {
            ensure!(kind.is_file(), "it holds a link, '{}'", inside.display());
            write(&mut entry, &inside, to, &mut left, most_bytes)?;
        }
    }
    // A tar has its end before that of gzip, which holds the checksum.
    std::io::copy(&mut archive.into_inner(), &mut std::io::sink())?;
    Ok(())
}
