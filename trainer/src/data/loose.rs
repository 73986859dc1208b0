//! Pictures in a folder, whatever folders are below it: for predicting and
//! embedding, where there are no classes.

use std::path::Path;

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

use super::decode::{READ, is_picture};
use super::unread::{is_system, relative};
use super::{ImageSource, Unread};

/// A picture and what to call it.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Path from the folder given, with `/` on every system; a single file is
    /// called as it was given.
    pub name: String,
    /// Where it is read from.
    pub source: ImageSource,
}

/// All pictures in a folder and below, sorted by name, and the files there that
/// are none; or the one file.
///
/// # Errors
/// Where there is no such path, or a folder without a picture.
pub fn loose_pictures(path: &Path) -> Result<(Vec<Picture>, Unread)> {
    if path.is_file() {
        let name = path.display().to_string();
        let picture = Picture { name, source: ImageSource::file(path.to_owned()) };
        return Ok((vec![picture], Unread::default()));
    }
    if !path.is_dir() {
        bail!("there is no picture or folder {}: check the path", path.display());
    }
    let mut pictures = Vec::new();
    let walk = WalkDir::new(path).follow_links(true).into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_system(entry.file_name())) {
        let entry = entry.with_context(|| format!("cannot list {}", path.display()))?;
        if entry.file_type().is_file() && is_picture(entry.path()) {
            let name = relative(path, entry.path());
            pictures.push(Picture { name, source: ImageSource::file(entry.into_path()) });
        }
    }
    let used = pictures.iter().filter_map(|picture| picture.source.path()).collect();
    let unread = Unread::except(path, &used);
    if pictures.is_empty() {
        let others = unread.sentence().map_or_else(String::new, |sentence| format!("; {sentence}"));
        bail!("{} holds no picture ({READ}); give another folder{others}", path.display());
    }
    pictures.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((pictures, unread))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_below_are_listed_sorted_and_hidden_ones_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.png", "a/z.JPG", "a/notes.txt", ".hidden/c.png", "a/.c.png"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let names = |path: &Path| -> Vec<String> {
            loose_pictures(path).unwrap().0.into_iter().map(|picture| picture.name).collect()
        };
        assert_eq!(names(folder.path()), ["a/z.JPG", "b.png"]);
        let unread = loose_pictures(folder.path()).unwrap().1.sentence().unwrap();
        assert!(unread.contains("a/notes.txt"), "{unread}");
        let single = folder.path().join("b.png");
        assert_eq!(names(&single), [single.display().to_string()]);

        let error = loose_pictures(&folder.path().join(".hidden/none")).unwrap_err().to_string();
        assert!(error.contains("none: check the path"), "{error}");
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        let error = loose_pictures(&folder.path().join("empty")).unwrap_err().to_string();
        assert!(error.contains("holds no picture"), "{error}");
    }
}
