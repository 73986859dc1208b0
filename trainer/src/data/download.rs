//! Fetches a file whole: a download that broke off is gone on with, one that is
//! not what was expected is removed.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use zip::ZipArchive;

/// Bytes handed on at a time.
const CHUNK: usize = 1 << 16;

/// Downloads `url` to `path` through `path.part`. `progress` is called with the
/// bytes there are and, where the server says, all of them.
///
/// # Errors
/// Where the server cannot be reached or refuses, the connection breaks (what
/// came is kept), the disk is full, or the checksum is another one (what came is
/// removed).
pub fn fetch(
    url: &str,
    path: &Path,
    sha256: Option<&str>,
    progress: &dyn Fn(u64, Option<u64>),
) -> Result<()> {
    let part = part_of(path);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let have = std::fs::metadata(&part).map_or(0, |metadata| metadata.len());
    receive(url, &part, have, progress).with_context(|| {
        format!("the download of {url} broke off; run the same command again to go on with it")
    })?;
    if let Some(expected) = sha256 {
        let actual = digest(&part)?;
        if actual != expected {
            std::fs::remove_file(&part)
                .with_context(|| format!("cannot remove {}", part.display()))?;
            bail!(
                "{url} is not the file expected (SHA-256 {actual} instead of {expected}); it was \
                 removed: run the command again, or see whether it was published anew"
            );
        }
    }
    std::fs::rename(&part, path)
        .with_context(|| format!("cannot rename {} to {}", part.display(), path.display()))
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

fn receive(url: &str, part: &Path, have: u64, progress: &dyn Fn(u64, Option<u64>)) -> Result<()> {
    let mut request = ureq::get(url);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = match request.call() {
        // Nothing is left to send: the file was whole before.
        Err(ureq::Error::StatusCode(416)) => return Ok(()),
        response => response?,
    };
    // A server that does not know ranges sends all of it again.
    let goes_on = response.status() == 206;
    let mut done = if goes_on { have } else { 0 };
    let length = response.headers().get("content-length");
    let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let all = length.map(|length| length + done);
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .append(goes_on)
        .truncate(!goes_on)
        .open(part)
        .with_context(|| format!("cannot write {}", part.display()))?;
    let mut body = response.into_body().into_reader();
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = body.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        let of_file = || format!("cannot write {}: is the disk full?", part.display());
        file.write_all(&chunk[..count]).with_context(of_file)?;
        done += count as u64;
        progress(done, all);
    }
    if all.is_some_and(|all| done < all) {
        bail!("{done} bytes came of {}", all.unwrap_or_default());
    }
    file.sync_all().with_context(|| format!("cannot write {}", part.display()))
}

/// SHA-256 of a file, in hexadecimal.
fn digest(path: &Path) -> Result<String> {
    let of_file = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(of_file)?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = file.read(&mut chunk).with_context(of_file)?;
        if count == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(&chunk[..count]);
    }
}

/// Unpacks a zip into `folder` and removes it. Where all of it lies in one folder
/// of the zip, that folder is left out.
///
/// # Errors
/// Where the zip is broken or names files outside, or the disk is full.
pub fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    let of_zip = || format!("cannot unpack {}: delete it and run again", archive.display());
    let parent = folder.parent().unwrap_or(Path::new("."));
    let beside = tempfile::Builder::new().prefix(".fewshot-").tempdir_in(parent)?;
    let file = File::open(archive).with_context(of_zip)?;
    ZipArchive::new(file).and_then(|mut zip| zip.extract(beside.path())).with_context(of_zip)?;
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

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Serves `content` on this machine, cut short at `breaks` the first time;
    /// gives the address and the ranges asked for.
    fn serve(content: &'static [u8], breaks: usize) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/file.zip", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let mut range = String::new();
                for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                    let line = line.unwrap();
                    if let Some(value) = line.to_lowercase().strip_prefix("range: ") {
                        value.clone_into(&mut range);
                    }
                    if line.is_empty() {
                        break;
                    }
                }
                let from = range.strip_prefix("bytes=").and_then(|r| r.strip_suffix('-'));
                let from: usize = from.map_or(0, |from| from.parse().unwrap());
                seen.lock().unwrap().push(range);
                let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
                let end = if number == 0 { breaks } else { content.len() };
                let length = content.len() - from;
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n");
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(&content[from..end]).unwrap();
            }
        });
        (address, asked)
    }

    const CONTENT: &[u8] = b"a file of thirty-one bytes, no?";

    #[test]
    fn a_download_that_broke_off_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/file.zip");
        let (url, asked) = serve(CONTENT, 10);
        let sum: String =
            Sha256::digest(CONTENT).iter().map(|byte| format!("{byte:02x}")).collect();
        let error = fetch(&url, &path, Some(&sum), &|_, _| {}).unwrap_err();
        assert!(format!("{error:#}").contains("run the same command again"), "{error:#}");
        assert!(!path.exists());
        fetch(&url, &path, Some(&sum), &|_, _| {}).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), CONTENT);
        assert_eq!(*asked.lock().unwrap(), ["", "bytes=10-"]);
    }

    #[test]
    fn another_file_than_expected_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.zip");
        let (url, _asked) = serve(CONTENT, CONTENT.len());
        let error = fetch(&url, &path, Some(&"0".repeat(64)), &|_, _| {}).unwrap_err().to_string();
        assert!(error.contains("not the file expected"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_zip_is_unpacked_without_its_outer_folder() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("set.zip");
        let mut zip = zip::ZipWriter::new(File::create(&archive).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("set-200/train/a.txt", options).unwrap();
        zip.write_all(b"a").unwrap();
        zip.finish().unwrap();
        let into = folder.path().join("set");
        std::fs::create_dir(&into).unwrap();
        unpack(&archive, &into).unwrap();
        assert_eq!(std::fs::read(into.join("train/a.txt")).unwrap(), b"a");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the zip is gone");
    }
}
