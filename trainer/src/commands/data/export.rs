//! The procedural data set as folders of PNG, for other programs and for people
//! who want to look at it.

use std::path::Path;

use anyhow::{Context, Result, bail};
use image::RgbImage;
use rayon::prelude::*;

use crate::data::{DataSource, open};
use crate::output;
use crate::progress::Progress;

/// Writes `DIR/{train,val,test}/<class>/NN.png`, all of it or nothing.
pub fn run(to: &Path, size: usize) -> Result<()> {
    let source = open(None)?;
    let count = export(&source, to, size)?;
    output::line(format!("{}: {count} pictures of {size} x {size} pixels", to.display()))
}

fn export(source: &DataSource, to: &Path, size: usize) -> Result<usize> {
    if to.is_file() || std::fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty; choose a new folder", to.display());
    }
    let of_folder =
        || format!("cannot fill {}: check its rights and the space there", to.display());
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).with_context(of_folder)?;
    let beside =
        tempfile::Builder::new().prefix(".fewshot-").tempdir_in(parent).with_context(of_folder)?;
    let mut pictures = Vec::new();
    for split in source.splits() {
        for class in source.split(split)?.classes {
            let folder = beside.path().join(split.name()).join(&class.id);
            std::fs::create_dir_all(&folder).with_context(of_folder)?;
            for (number, image) in class.images.into_iter().enumerate() {
                pictures.push((folder.join(format!("{number:02}.png")), image));
            }
        }
    }
    let progress = Progress::new("drawing", pictures.len());
    pictures.par_iter().try_for_each(|(path, image)| -> Result<()> {
        let drawn = image.decode(size)?;
        let (width, height) = (u32::try_from(drawn.width())?, u32::try_from(drawn.height())?);
        let picture = RgbImage::from_raw(width, height, drawn.data().to_vec())
            .context("a picture has another size than its sides say")?;
        picture.save(path).with_context(of_folder)?;
        progress.advance();
        Ok(())
    })?;
    progress.finish();
    if to.is_dir() {
        std::fs::remove_dir(to).with_context(of_folder)?;
    }
    let count = pictures.len();
    readable(beside.path()).with_context(of_folder)?;
    std::fs::rename(beside.keep(), to).with_context(of_folder)?;
    Ok(count)
}

/// Gives a folder the rights an ordinary one has: temporary ones are the owner's alone.
fn readable(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Class, Split};

    #[test]
    fn what_is_exported_is_a_data_set_with_the_same_pictures() {
        let whole = open(None).unwrap();
        let few = |split| -> Option<Vec<Class>> {
            let classes = whole.split(split).unwrap().classes.into_iter().take(2);
            Some(
                classes
                    .map(|mut c| {
                        c.images.truncate(3);
                        c
                    })
                    .collect(),
            )
        };
        let source =
            DataSource::from_listing("few", [few(Split::Train), None, few(Split::Test)]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("out");
        assert_eq!(export(&source, &to, 16).unwrap(), 12);

        let read = open(Some(&to)).unwrap();
        for split in [Split::Train, Split::Test] {
            let (drawn, read) = (source.split(split).unwrap(), read.split(split).unwrap());
            assert_eq!(drawn.class_sizes(), read.class_sizes());
            let pixels = |set: &crate::data::Dataset| set.classes[1].images[2].decode(16).unwrap();
            assert_eq!(pixels(&drawn), pixels(&read));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = export(&source, &to, 16).unwrap_err().to_string();
        assert!(error.contains("not empty"), "{error}");
    }
}
