//! What lies in a folder and is not used: files of formats that are not read,
//! pictures outside the class folders. Nobody should find that out by a count
//! that is lower than expected.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::Class;
use super::decode::READ;

/// Files that are named; the rest are counted.
const NAMED: usize = 3;

/// Endings of pictures that have to be converted first.
const TO_CONVERT: [&str; 6] = ["heic", "heif", "avif", "dng", "cr2", "nef"];

/// Names of folders and files that programs leave in folders of pictures.
const SYSTEM: [&str; 8] = [
    "__MACOSX",
    "@eaDir",
    "Thumbs.db",
    "desktop.ini",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    "#recycle",
];

/// Whether a name is hidden, or belongs to a system rather than to a person:
/// such files and folders are left out without a word.
#[must_use]
pub fn is_system(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || SYSTEM.iter().any(|known| known.eq_ignore_ascii_case(&name))
}

/// The files of a folder that are not used, hidden and system files aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Relative to the folder, with `/` on every system, sorted.
    files: Vec<String>,
}

impl Unread {
    /// The files below `root` that are in none of `classes`.
    #[must_use]
    pub fn beside<'a>(root: &Path, classes: impl Iterator<Item = &'a Class>) -> Self {
        let used = classes.flat_map(|class| &class.images).filter_map(|image| image.path());
        Self::except(root, &used.collect())
    }

    /// The files below `root` that are not in `used`.
    pub(super) fn except(root: &Path, used: &HashSet<&Path>) -> Self {
        let visible =
            |entry: &walkdir::DirEntry| entry.depth() == 0 || !is_system(entry.file_name());
        let walk = WalkDir::new(root).follow_links(true).into_iter().filter_entry(visible);
        // What cannot be listed here was an error where classes are listed.
        let files = walk.flatten().filter(|entry| entry.file_type().is_file());
        let unused = files.map(walkdir::DirEntry::into_path).filter(|path| !used.contains(&**path));
        let mut files: Vec<String> = unused.map(|path| relative(root, &path)).collect();
        files.sort();
        Self { files }
    }

    /// A sentence with their number, the first names and what to do; none where
    /// everything is used.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        let (count, first) = (self.files.len(), self.files.first()?);
        let mut names = self.files.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if count > NAMED {
            names.push_str(&format!(" and {} more", count - NAMED));
        }
        let converts = self.files.iter().any(|file| {
            let ending = file.rsplit('.').next().unwrap_or_default();
            TO_CONVERT.iter().any(|known| known.eq_ignore_ascii_case(ending))
        });
        let cure = if converts { "; convert the others to one of them" } else { "" };
        Some(match count {
            1 => format!("1 file is not used: {first} (read are {READ}{cure})"),
            _ => format!("{count} files are not used: {names} (read are {READ}{cure})"),
        })
    }
}

/// The path below a folder, with `/` on every system.
#[must_use]
pub fn relative(root: &Path, path: &Path) -> String {
    let below: PathBuf = path.strip_prefix(root).unwrap_or(path).to_owned();
    let parts = below.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::super::ImageSource;
    use super::*;

    #[test]
    fn what_is_not_used_is_counted_and_the_first_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in
            ["a/1.png", "a/2.heic", "a/Thumbs.db", "__MACOSX/a/1.png", ".git/x", "notes.txt"]
        {
            std::fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            std::fs::write(root.join(name), "").unwrap();
        }
        let class = Class {
            id: "a".into(),
            name: "a".into(),
            images: vec![ImageSource::file(root.join("a/1.png"))],
        };
        let sentence = Unread::beside(root, [&class].into_iter()).sentence().unwrap();
        assert!(
            sentence.starts_with("2 files are not used: a/2.heic, notes.txt (read"),
            "{sentence}"
        );
        assert!(sentence.contains("TIFF; convert"), "{sentence}");
        std::fs::remove_file(root.join("a/2.heic")).unwrap();
        let sentence = Unread::beside(root, [&class].into_iter()).sentence().unwrap();
        assert!(sentence.starts_with("1 file is not used: notes.txt"), "{sentence}");
        assert!(!sentence.contains("convert"), "{sentence}");
        std::fs::remove_file(root.join("notes.txt")).unwrap();
        assert_eq!(Unread::beside(root, [&class].into_iter()).sentence(), None);
    }
}
