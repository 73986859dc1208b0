//! Results that cannot be written: one sentence, and nothing half-written.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use fewshot_tests::{fewshot, fixture, left_out};

#[test]
fn a_place_that_cannot_be_written_is_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let images = fixture::classes(&folder.path().join("images"), 2, 2)?;
    let file = folder.path().join("a-file");
    fs::write(&file, "kept")?;
    let below = file.join("features.safetensors");
    fewshot!("embed", "--weights", &weights, "--images", &images, "--out", &below)?
        .refused(&["a-file"])?;
    ensure!(fs::read_to_string(&file)? == "kept", "the file in the way was changed");
    let before = fixture::files(folder.path())?;
    fewshot!("embed", "--weights", &weights, "--images", &images, "--out", &images)?
        .refused(&["images", "folder"])?;
    ensure!(before == fixture::files(folder.path())?, "something was left behind");
    Ok(())
}

#[test]
fn an_earlier_result_survives_a_failure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let images = fixture::classes(&folder.path().join("images"), 2, 2)?;
    let out = folder.path().join("features.safetensors");
    fs::write(&out, "earlier")?;
    fs::write(images.join("class0/torn.png"), b"\x89PNG")?;
    fewshot!("embed", "--weights", &weights, "--images", &images, "--out", &out)?
        .refused(&["torn.png"])?;
    ensure!(fs::read_to_string(&out)? == "earlier", "the earlier result is gone");
    Ok(())
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let data = fixture::classes(&folder.path().join("images"), 5, 20)?;
    let disk = folder.path().join("disk");
    fs::create_dir(&disk)?;
    let Some(_disk) = SmallDisk::mount(&disk) else {
        left_out("a full disk, since this machine lets no one mount a small one");
        return Ok(());
    };
    let features = disk.join("features.safetensors");
    fewshot!("embed", "--weights", &weights, "--images", &data, "--out", &features)?
        .refused(&["features.safetensors", "disk is full"])?;
    let drawing = disk.join("drawing.png");
    fewshot!("tsne", "--weights", &weights, "--data", &data, "--out", &drawing)?
        .refused(&["drawing.png", "disk is full"])?;
    ensure!(fixture::files(&disk)?.is_empty(), "left: {:?}", fixture::files(&disk)?);
    let run = disk.join("run");
    fewshot!("train", "--recipe", "synthetic", "--out", &run)?.refused(&["run", "disk is full"])?;
    ensure!(fixture::files(&disk)?.iter().all(|file| !file.contains("safetensors")));
    Ok(())
}

/// A file system in memory of one page, unmounted at the end.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4k", "tmpfs"]).arg(at);
        mount.output().is_ok_and(|output| output.status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // The folder above is removed next; a disk that stays would be told there.
        let _ = Command::new("umount").arg(self.0).output();
    }
}
