//! A static file server for this machine only: what `cargo xtask demo` and the browser tests use.
//!
//! It behaves as a plain host does (types, revalidation, a base path) and no better, so that a
//! page that works here works elsewhere. It listens on 127.0.0.1 and never leaves its folder.

mod path;
mod types;

use std::fs::{self, File};
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::UNIX_EPOCH;

use anyhow::{Result, anyhow, ensure};
use tiny_http::{Header, Method, Request, Response, Server};

/// Requests answered at a time; a browser opens six connections to a host.
const THREADS: usize = 6;

/// A running server; it stops with the process.
pub struct Site {
    pub address: String,
    threads: Vec<JoinHandle<()>>,
}

impl Site {
    /// Waits until the server fails, which in practice is until a person ends the process.
    pub fn wait(self) {
        for thread in self.threads {
            // A panic was printed by its own thread, and the others still serve.
            let _ = thread.join();
        }
    }
}

/// Starts to serve `folder` under the path `base`.
pub fn start(folder: &Path, port: u16, base: &str) -> Result<Site> {
    let index = folder.join("index.html");
    ensure!(index.is_file(), "{} does not exist: run `cargo xtask web` first", index.display());
    let base = match base.trim_matches('/') {
        "" => "/".to_owned(),
        inner => format!("/{inner}/"),
    };
    let server = Server::http(SocketAddr::from(([127, 0, 0, 1], port))).map_err(|error| {
        anyhow!(
            "cannot listen on 127.0.0.1:{port} ({error}): choose another with --port, 0 for any"
        )
    })?;
    let port = server.server_addr().to_ip().map_or(port, |address| address.port());
    let address = format!("http://127.0.0.1:{port}{base}");
    let server = Arc::new(server);
    let serve = |server: Arc<Server>, folder: PathBuf, base: String| {
        thread::spawn(move || {
            for request in server.incoming_requests() {
                // A browser that went away is no failure of the server.
                let _ = answer(request, &folder, &base);
            }
        })
    };
    let threads = (0..THREADS).map(|_| serve(server.clone(), folder.to_owned(), base.clone()));
    Ok(Site { address, threads: threads.collect() })
}

fn answer(request: Request, folder: &Path, base: &str) -> std::io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(text(405, "only GET and HEAD are served here\n"));
    }
    let target = request.url().split(['?', '#']).next().unwrap_or_default().to_owned();
    let Some(inside) = target.strip_prefix(base) else {
        return request.respond(text(404, &format!("this site lies under {base}\n")));
    };
    let Some(mut file) = path::resolve(folder, inside) else {
        return request.respond(text(400, "a path inside the site is needed\n"));
    };
    if file.is_dir() {
        if !target.ends_with('/') {
            let moved = text(308, "this is a folder\n");
            return request.respond(with(moved, "Location", &format!("{target}/")));
        }
        file.push("index.html");
    }
    send(request, &file)
}

fn send(request: Request, path: &Path) -> std::io::Result<()> {
    let Some((file, metadata)) = open(path) else {
        return request.respond(text(404, "no such file\n"));
    };
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let etag = format!("\"{:x}-{:x}\"", metadata.len(), modified.as_nanos());
    let known = |field: &Header| field.field.equiv("If-None-Match") && field.value == etag;
    if request.headers().iter().any(known) {
        return request.respond(revalidated(Response::empty(304), path, &etag));
    }
    let response = revalidated(Response::from_file(file), path, &etag);
    request.respond(with(response, "Content-Type", types::content_type(path)))
}

fn open(path: &Path) -> Option<(File, fs::Metadata)> {
    let file = File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    metadata.is_file().then_some((file, metadata))
}

fn revalidated<R: Read>(response: Response<R>, path: &Path, etag: &str) -> Response<R> {
    let response = with(response, "ETag", etag);
    let response = with(response, "Cache-Control", types::cache_control(path));
    with(response, "X-Content-Type-Options", "nosniff")
}

fn text(status: u16, message: &str) -> Response<std::io::Cursor<Vec<u8>>> {
    let response = Response::from_string(message).with_status_code(status);
    with(response, "Content-Type", "text/plain; charset=utf-8")
}

/// Adds a header; one that is not ASCII cannot be sent and is left out.
fn with<R: Read>(mut response: Response<R>, name: &str, value: &str) -> Response<R> {
    if let Ok(header) = Header::from_bytes(name, value) {
        response.add_header(header);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    /// One request over a plain socket, the whole answer as text.
    fn ask(site: &Site, request_line: &str, headers: &str) -> String {
        let host = site.address.split('/').nth(2).unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let request = format!(
            "{request_line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn site(base: &str) -> (tempfile::TempDir, Site) {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("secret.txt"), "secret").unwrap();
        let folder = parent.path().join("site");
        fs::create_dir_all(folder.join("assets")).unwrap();
        fs::write(folder.join("index.html"), "<title>page</title>").unwrap();
        fs::write(folder.join("assets/learner.wasm"), b"\0asm").unwrap();
        let site = start(&folder, 0, base).unwrap();
        (parent, site)
    }

    #[test]
    fn the_page_and_its_module_come_with_their_types_under_a_base_path() {
        let (_folder, site) = site("some/where");
        assert!(site.address.ends_with("/some/where/"));
        let page = ask(&site, "GET /some/where/?sample=1", "");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("text/html; charset=utf-8"));
        assert!(page.ends_with("<title>page</title>"));
        let module = ask(&site, "HEAD /some/where/assets/learner.wasm", "");
        assert!(module.contains("application/wasm") && module.contains("immutable"), "{module}");
        assert!(ask(&site, "GET /some/where/assets", "").contains("Location: /some/where/assets/"));
        assert!(ask(&site, "GET /", "").starts_with("HTTP/1.1 404"));
        assert!(ask(&site, "GET /some/where/none.js", "").starts_with("HTTP/1.1 404"));
        assert!(
            ask(&site, "POST /some/where/", "Content-Length: 0\r\n").starts_with("HTTP/1.1 405")
        );
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        let (_folder, site) = site("/");
        for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"] {
            let answer = ask(&site, &format!("GET {path}"), "");
            assert!(answer.starts_with("HTTP/1.1 400"), "{path}: {answer}");
        }
    }

    #[test]
    fn a_known_version_is_not_sent_again() {
        let (_folder, site) = site("/");
        let first = ask(&site, "GET /index.html", "");
        let etag = first.lines().find_map(|line| line.strip_prefix("ETag: ")).unwrap();
        let again = ask(&site, "GET /index.html", &format!("If-None-Match: {etag}\r\n"));
        assert!(again.starts_with("HTTP/1.1 304"), "{again}");
    }

    #[test]
    fn a_folder_without_a_page_is_refused_with_the_cure() {
        let folder = tempfile::tempdir().unwrap();
        let error = start(folder.path(), 0, "/").err().unwrap();
        assert!(error.to_string().contains("run `cargo xtask web` first"));
    }
}
