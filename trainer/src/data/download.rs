//! Fetches a file whole: a download that broke off is gone on with, one that is not
//! what was pinned is removed. The server is not trusted with more than the bytes of
//! the one file that is wanted.

#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use ureq::http::{HeaderMap, Response, Uri, header};
use ureq::{Agent, Body};

use super::known::Remote;

/// Bytes handed on at a time.
const CHUNK: usize = 1 << 16;
/// Longest time without a byte.
const STALL: Duration = Duration::from_secs(60);
/// Addresses on one host that lead from one to the next.
const MOST_REDIRECTS: usize = 5;

/// Downloads a file to `path` through `path.part`. `progress` is called with the bytes
/// there are and all there will be.
///
/// # Errors
/// Where the server cannot be reached, refuses, stalls or sends anything but the
/// pinned file, the connection breaks (what came is kept), or the disk is full.
pub fn fetch(remote: &Remote, path: &Path, progress: &dyn Fn(u64, u64)) -> Result<()> {
    fetch_within(STALL, remote, path, progress)
}

fn fetch_within(
    stall: Duration,
    remote: &Remote,
    path: &Path,
    progress: &dyn Fn(u64, u64),
) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let part = Part::of(path);
    let url = remote.url;
    if part.length() != remote.bytes {
        receive(stall, remote, &part, progress).with_context(|| {
            let again = "run the same command again to go on with it";
            format!("the download of {url} broke off; {again}")
        })?;
    }
    let actual = digest(&part.path)?;
    if actual != remote.sha256 {
        part.remove()?;
        bail!(
            "{url} is not the file expected (SHA-256 {actual} instead of {}); it was removed: run \
             the command again, or see whether it was published anew",
            remote.sha256
        );
    }
    std::fs::rename(&part.path, path)
        .with_context(|| format!("cannot rename {} to {}", part.path.display(), path.display()))?;
    part.remove()
}

/// What there is of a file, and beside it which version of the file that is, in the
/// server's words.
struct Part {
    path: PathBuf,
    version: PathBuf,
}

impl Part {
    fn of(path: &Path) -> Self {
        let beside = |ending: &str| {
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(ending);
            path.with_file_name(name)
        };
        Self { path: beside(".part"), version: beside(".part.version") }
    }

    fn length(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    fn remove(&self) -> Result<()> {
        for path in [&self.path, &self.version] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Opens it to go on, or to begin with the version that `headers` name.
    fn open(&self, goes_on: bool, headers: &HeaderMap) -> Result<File> {
        if !goes_on {
            self.remove()?;
            if let Some(version) = version(headers) {
                std::fs::write(&self.version, version)
                    .with_context(|| format!("cannot write {}", self.version.display()))?;
            }
        }
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// What `If-Range` takes: a strong tag, or else the time of change.
fn version(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let strong = |tag: &&str| !tag.starts_with("W/");
    text(header::ETAG).filter(strong).or_else(|| text(header::LAST_MODIFIED))
}

/// Fills `part`, or leaves of it what can be gone on with.
fn receive(
    stall: Duration,
    remote: &Remote,
    part: &Part,
    progress: &dyn Fn(u64, u64),
) -> Result<()> {
    let all = remote.bytes;
    if part.length() > all {
        part.remove()?;
    }
    let have = part.length();
    let response = ask(stall, remote, part, have)?;
    let headers = response.headers();
    let goes_on = response.status() == 206;
    if goes_on {
        let range = headers.get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
        let wanted = format!("bytes {have}-{}/{all}", all - 1);
        if range != Some(&wanted) {
            part.remove()?;
            let sent = range.unwrap_or("no range");
            bail!(
                "the server sends {sent} where {wanted} was asked for; what there was is removed"
            );
        }
    } else if let Some(length) = headers.get(header::CONTENT_LENGTH)
        && length.to_str().ok().and_then(|length| length.parse().ok()) != Some(all)
    {
        let length = String::from_utf8_lossy(length.as_bytes()).into_owned();
        bail!("the file there has {length} bytes, expected {all}: it was published anew");
    }
    let mut done = if goes_on { have } else { 0 };
    let mut file = part.open(goes_on, headers)?;
    let mut body = response.into_body().into_reader();
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = body.read(&mut chunk).with_context(|| {
            format!("{done} of {all} bytes came, then nothing for {} s or an end", stall.as_secs())
        })?;
        if count == 0 {
            break;
        }
        done += count as u64;
        if done > all {
            part.remove()?;
            bail!("the server sends more than the {all} bytes of the file");
        }
        let of_file = || format!("cannot write {}: is the disk full?", part.path.display());
        file.write_all(&chunk[..count]).with_context(of_file)?;
        progress(done, all);
    }
    file.sync_all().with_context(|| format!("cannot write {}", part.path.display()))?;
    ensure!(done == all, "{done} bytes came of {all}");
    Ok(())
}

/// Asks for what is missing after `have` bytes: a response of status 200 or 206.
fn ask(stall: Duration, remote: &Remote, part: &Part, have: u64) -> Result<Response<Body>> {
    let config = Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_connect(Some(stall))
        .timeout_recv_response(Some(stall))
        .timeout_per_read(Some(stall));
    let agent = Agent::new_with_config(config.build());
    let mut url: Uri = remote.url.parse().context("the address cannot be read")?;
    for _ in 0..=MOST_REDIRECTS {
        let mut request = agent.get(&url);
        if have > 0 {
            request = request.header(header::RANGE, format!("bytes={have}-"));
            if let Ok(version) = std::fs::read_to_string(&part.version) {
                request = request.header(header::IF_RANGE, version);
            }
        }
        let response = request.call()?;
        match response.status().as_u16() {
            200 | 206 => return Ok(response),
            301 | 302 | 303 | 307 | 308 => url = next(&url, response.headers(), remote.hosts)?,
            416 => {
                part.remove()?;
                bail!("the server has no bytes after {have}; what there was is removed");
            }
            404 | 410 => bail!("the server has no such file any more; see where it is published"),
            other => bail!("the server answers with status {other}; try again later"),
        }
    }
    bail!("the server sends from one address to the next, {MOST_REDIRECTS} times")
}

/// The address that a redirect names, if it is as safe and on the same host or one of
/// `hosts`.
fn next(url: &Uri, headers: &HeaderMap, hosts: &[&str]) -> Result<Uri> {
    let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    let location = location.context("the server sends elsewhere and does not say where")?;
    if location.starts_with('/') && !location.starts_with("//") {
        let (scheme, host) = (url.scheme_str().unwrap_or("https"), url.authority());
        let host = host.map_or("", |authority| authority.as_str());
        return Ok(format!("{scheme}://{host}{location}").parse()?);
    }
    let to: Uri = location.parse().context("the server sends to an address that is none")?;
    let is_known = to.authority().is_some_and(|host| hosts.contains(&host.as_str()));
    ensure!(
        to.scheme() == url.scheme() && (to.authority() == url.authority() || is_known),
        "the server sends to another host, {}: see where the file is published",
        to.authority().map_or("an unknown one", |authority| authority.as_str())
    );
    Ok(to)
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
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&chunk[..count]);
    }
}
