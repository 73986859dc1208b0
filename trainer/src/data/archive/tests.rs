use std::io::Write;

use ::tar::{Builder, EntryType, Header};
use ::zip::ZipWriter;
use ::zip::write::SimpleFileOptions;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const ROOM: u64 = 1 << 20;

/// A folder with an archive, and what is unpacked of it.
struct Desk(tempfile::TempDir, Unpack);

impl Desk {
    /// A zip that `fill` fills, and a folder to unpack it into.
    fn new(fill: impl Fn(&mut ZipWriter<File>)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut zip = ZipWriter::new(File::create(folder.path().join("set.zip")).unwrap());
        fill(&mut zip);
        zip.finish().unwrap();
        std::fs::create_dir(folder.path().join("set")).unwrap();
        Self(folder, Unpack::Zip { most_bytes: ROOM })
    }

    /// A zip with a packed tar that `fill` fills, as Caltech 101 has one.
    fn with_tar(fill: impl Fn(&mut Builder<GzEncoder<Vec<u8>>>)) -> Self {
        let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        fill(&mut tar);
        let packed = tar.into_inner().unwrap().finish().unwrap();
        let Self(folder, _) = Self::new(|zip| {
            put(zip, "caltech/readme.txt", b"not wanted");
            put(zip, "__MACOSX/caltech/._all.tar.gz", b"not wanted either");
            put(zip, "caltech/all.tar.gz", &packed);
        });
        Self(folder, Unpack::TarInZip { tar: "all.tar.gz", most_bytes: ROOM })
    }

    fn unpack(&self) -> Result<PathBuf> {
        let into = self.0.path().join("set");
        unpack(&self.0.path().join("set.zip"), &into, self.1)?;
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

/// Adds an entry to a tar, whatever its name and kind.
fn add<W: Write>(tar: &mut Builder<W>, kind: EntryType, name: &str, content: &[u8]) {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    tar.append(&header, content).unwrap();
}

#[test]
fn of_a_tar_in_a_zip_only_the_tar_is_unpacked() {
    let desk = Desk::with_tar(|tar| {
        add(tar, EntryType::Directory, "101_ObjectCategories/", b"");
        add(tar, EntryType::Regular, "101_ObjectCategories/cup/image_0001.jpg", b"cup");
    });
    let into = desk.unpack().unwrap();
    assert_eq!(std::fs::read(into.join("cup/image_0001.jpg")).unwrap(), b"cup");
    assert_eq!(std::fs::read_dir(&into).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(desk.0.path()).unwrap().count(), 1, "the zip is gone");
    let other = Desk::new(|zip| put(zip, "another.tar.gz", b""));
    let all = Unpack::TarInZip { tar: "all.tar.gz", most_bytes: ROOM };
    Desk(other.0, all).refused("there is no all.tar.gz in it");
}

#[test]
fn tars_are_held_to_the_same_rules() {
    for name in ["../outside.txt", "a/../../outside.txt", "/tmp/outside.txt"] {
        Desk::with_tar(|tar| add(tar, EntryType::Regular, name, b"outside"))
            .refused("outside of itself");
    }
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Fifo] {
        Desk::with_tar(|tar| add(tar, kind, "set/link", b"")).refused("a link, 'set/link'");
    }
    let zeros = vec![0; ROOM as usize + 1];
    Desk::with_tar(|tar| add(tar, EntryType::Regular, "zeros", &zeros)).refused("more than 1 MB");
}

#[test]
fn a_tar_that_ends_early_is_refused() {
    let fill = |tar: &mut Builder<GzEncoder<Vec<u8>>>| {
        add(tar, EntryType::Regular, "cup/image_0001.jpg", &[7; 3000]);
    };
    let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    fill(&mut tar);
    let whole = tar.into_inner().unwrap().finish().unwrap();
    for end in [whole.len() / 2, whole.len() - 1] {
        let Desk(folder, _) = Desk::new(|zip| put(zip, "all.tar.gz", &whole[..end]));
        Desk(folder, Unpack::TarInZip { tar: "all.tar.gz", most_bytes: ROOM })
            .refused("in its all.tar.gz");
    }
}
