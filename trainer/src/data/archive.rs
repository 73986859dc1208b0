//! Zips from elsewhere: what they hold stays within its folder and within measure.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use zip::ZipArchive;
use zip::read::ZipFile;

/// Unpacks a zip into `folder` and removes it. Where all of it lies in one folder
/// of the zip, that folder is left out.
///
/// # Errors
/// Where the zip is broken, holds links or more than `most_bytes`, or names files
/// outside of itself, or the disk is full. Nothing of it is left in `folder` then.
pub fn unpack(archive: &Path, folder: &Path, most_bytes: u64) -> Result<()> {
    let of_zip = || format!("cannot unpack {}: delete it and run again", archive.display());
    let parent = folder.parent().unwrap_or(Path::new("."));
    let beside = tempfile::Builder::new().prefix(".fewshot-").tempdir_in(parent)?;
    let file = File::open(archive).with_context(of_zip)?;
    let mut zip = ZipArchive::new(file).with_context(of_zip)?;
    extract(&mut zip, beside.path(), most_bytes).with_context(of_zip)?;
    let entries: Vec<_> = std::fs::read_dir(beside.path())?.collect::<Result<_, _>>()?;
    for entry in &entries {
        let single = entries.len() == 1 && entry.path().is_dir();
        let inner: Vec<PathBuf> = if single {
            let inner = std::fs::read_dir(entry.path())?;
            inner.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?
        } else {
            vec![entry.path()]
        };
        for path in inner {
            let to = folder.join(path.file_name().unwrap_or_default());
            std::fs::rename(&path, &to)
                .with_context(|| format!("cannot move what was unpacked to {}", to.display()))?;
        }
    }
    std::fs::remove_file(archive).with_context(of_zip)
}

fn extract<R: Read + Seek>(zip: &mut ZipArchive<R>, to: &Path, most_bytes: u64) -> Result<()> {
    let mut left = most_bytes;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index)?;
        let inside = inside(&entry)?;
        let path = to.join(&inside);
        if entry.is_dir() {
            std::fs::create_dir_all(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut file = File::create_new(&path)
            .with_context(|| format!("cannot write its {}", inside.display()))?;
        // What the zip says of sizes is not believed.
        let written = std::io::copy(&mut (&mut entry).take(left + 1), &mut file)?;
        left = left.checked_sub(written).with_context(|| more_than(most_bytes))?;
    }
    Ok(())
}

/// The bytes of an entry, of at most `left` of them, which is lowered by as many.
///
/// # Errors
/// Where it is longer or damaged.
pub fn read<R: Read>(
    entry: &mut ZipFile<'_, R>,
    left: &mut u64,
    most_bytes: u64,
) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    entry.take(*left + 1).read_to_end(&mut content)?;
    *left = left.checked_sub(content.len() as u64).with_context(|| more_than(most_bytes))?;
    Ok(content)
}

fn more_than(most_bytes: u64) -> String {
    format!("it unpacks to more than {} MB, which no data set known here does", most_bytes >> 20)
}

/// Where an entry lies below the folder it is unpacked into.
fn inside<R: Read>(entry: &ZipFile<'_, R>) -> Result<PathBuf> {
    let name = entry.name()?.into_owned();
    ensure!(!entry.is_symlink(), "it holds a link, '{name}'");
    ensure!(!name.starts_with(['/', '\\']), "it names a file outside of itself, '{name}'");
    match entry.enclosed_name() {
        Some(inside) => Ok(inside),
        None => bail!("it names a file outside of itself, '{name}'"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const ROOM: u64 = 1 << 20;

    struct Desk(tempfile::TempDir);

    impl Desk {
        /// A zip that `fill` fills, and a folder to unpack it into.
        fn new(fill: impl Fn(&mut ZipWriter<File>)) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut zip = ZipWriter::new(File::create(folder.path().join("set.zip")).unwrap());
            fill(&mut zip);
            zip.finish().unwrap();
            std::fs::create_dir(folder.path().join("set")).unwrap();
            Self(folder)
        }

        fn unpack(&self) -> Result<PathBuf> {
            let into = self.0.path().join("set");
            unpack(&self.0.path().join("set.zip"), &into, ROOM)?;
            Ok(into)
        }

        /// Checks that it is refused with these words and leaves nothing anywhere.
        fn refused(&self, told: &str) {
            let error = format!("{:#}", self.unpack().unwrap_err());
            assert!(error.contains(told) && error.contains("set.zip"), "{error}");
            let count = |path: &Path| std::fs::read_dir(path).unwrap().count();
            assert_eq!((count(self.0.path()), count(&self.0.path().join("set"))), (2, 0));
        }
    }

    fn put(zip: &mut ZipWriter<File>, name: &str, content: &[u8]) {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }

    #[test]
    fn a_zip_is_unpacked_without_its_outer_folder() {
        let desk = Desk::new(|zip| put(zip, "set-200/train/a.txt", b"a"));
        let into = desk.unpack().unwrap();
        assert_eq!(std::fs::read(into.join("train/a.txt")).unwrap(), b"a");
        assert_eq!(std::fs::read_dir(desk.0.path()).unwrap().count(), 1, "the zip is gone");
    }

    #[test]
    fn names_that_lead_outside_are_refused() {
        for name in ["../outside.txt", "a/../../outside.txt", "/tmp/outside.txt", "\\outside.txt"] {
            Desk::new(|zip| {
                put(zip, "good.txt", b"good");
                put(zip, name, b"outside");
            })
            .refused("outside of itself");
        }
    }

    #[test]
    fn links_are_refused() {
        Desk::new(|zip| {
            zip.add_symlink("link", "/etc", SimpleFileOptions::default()).unwrap();
            put(zip, "link/passwd", b"outside");
        })
        .refused("a link, 'link'");
    }

    #[test]
    fn what_unpacks_to_more_than_it_may_is_refused() {
        // A thousandth of its size when packed, in one piece and in many.
        let zeros = vec![0; ROOM as usize + 1];
        let whole = Desk::new(|zip| put(zip, "zeros", &zeros));
        assert!(std::fs::metadata(whole.0.path().join("set.zip")).unwrap().len() < ROOM / 100);
        whole.refused("more than 1 MB");
        Desk::new(|zip| {
            for (number, part) in zeros.chunks(10_000).enumerate() {
                put(zip, &number.to_string(), part);
            }
        })
        .refused("more than 1 MB");
        let fits = Desk::new(|zip| put(zip, "zeros", &zeros[1..]));
        fits.unpack().unwrap();
    }

    #[test]
    fn torn_and_flipped_zips_are_refused() {
        let desk = Desk::new(|zip| put(zip, "a/file.txt", &[7; 1000]));
        let path = desk.0.path().join("set.zip");
        let whole = std::fs::read(&path).unwrap();
        for damaged in [&whole[..whole.len() / 2], b"no zip at all", b""] {
            std::fs::write(&path, damaged).unwrap();
            desk.refused("cannot unpack");
        }
        let mut flipped = whole.clone();
        let data = whole.windows(4).position(|part| part == b"file").unwrap() + 10;
        flipped[data] ^= 0x10;
        std::fs::write(&path, flipped).unwrap();
        desk.refused("cannot unpack");
    }
}
