//! A static file server for this machine only: what `cargo xtask demo` and the browser tests use.
//!
//! It behaves as a plain host does (types, revalidation, a base path) and no better, so that a
//! page that works here works elsewhere. It listens on 127.0.0.1 and never leaves its folder.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;

/// A running server; it stops when this is dropped.
pub struct Site {
    pub address: String,
    runtime: Runtime,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Site {
    /// Waits until the server fails, which in practice is until a person ends the process.
    pub fn wait(self) -> Result<()> {
        Ok(self.runtime.block_on(self.serving)??)
    }
}

/// Where the page is looked for first, and how many ports after it are tried.
const USUAL: u16 = 8080;
const TRIED: u16 = 100;

/// Listens on a port of 127.0.0.1: the one that is asked for, or else the first free one from 8080
/// on. Asked for 0, the system picks one.
pub fn listen(port: Option<u16>) -> Result<TcpListener> {
    let bind = |port| TcpListener::bind(("127.0.0.1", port));
    if let Some(port) = port {
        return bind(port).with_context(|| {
            format!("cannot listen on 127.0.0.1:{port}: leave --port out to take a free one")
        });
    }
    let mut ports = USUAL..USUAL + TRIED;
    let free = ports.find_map(|port| match bind(port) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => None,
        other => Some(other),
    });
    free.with_context(|| format!("the ports from {USUAL} on are taken: choose one with --port"))?
        .context("cannot listen on 127.0.0.1")
}

/// Starts to serve `folder` under the path `base`.
pub fn start(listener: TcpListener, folder: &Path, base: &str) -> Result<Site> {
    let index = folder.join("index.html");
    ensure!(index.is_file(), "{} does not exist: run `cargo xtask web` first", index.display());
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let port = listener.local_addr()?.port();
    listener.set_nonblocking(true)?;
    let listener = {
        let _entered = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let files = ServeDir::new(folder);
    let (base, router) = match base.trim_matches('/') {
        "" => ("/".to_owned(), Router::new().fallback_service(files)),
        inner => (format!("/{inner}/"), Router::new().nest_service(&format!("/{inner}/"), files)),
    };
    let assets = format!("{base}assets/");
    let headers = from_fn(move |request, next| headers(assets.clone(), request, next));
    let serving = axum::serve(listener, router.layer(headers)).into_future();
    let serving = runtime.spawn(serving);
    Ok(Site { address: format!("http://127.0.0.1:{port}{base}"), runtime, serving })
}

/// What a careful host adds. Vite puts a digest of the content into the name of everything in
/// `assets`, so those files never change; all others are asked for again.
async fn headers(assets: String, request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with(&assets);
    let kept = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = next.run(request).await;
    if !response.status().is_client_error() {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    }
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use std::fs;
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
        let site = start(listen(Some(0)).unwrap(), &folder, base).unwrap();
        (parent, site)
    }

    #[test]
    fn the_page_and_its_module_come_with_their_types_under_a_base_path() {
        let (_folder, site) = site("some/assets");
        assert!(site.address.ends_with("/some/assets/"));
        let page = ask(&site, "GET /some/assets/?sample=1", "");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("text/html"));
        assert!(page.contains("no-cache"), "{page}");
        assert!(page.ends_with("<title>page</title>"));
        let module = ask(&site, "HEAD /some/assets/assets/learner.wasm", "");
        assert!(module.contains("application/wasm") && module.contains("immutable"), "{module}");
        assert!(ask(&site, "GET /", "").starts_with("HTTP/1.1 404"));
        assert!(ask(&site, "GET /some/assets/none.js", "").starts_with("HTTP/1.1 404"));
        assert!(
            ask(&site, "POST /some/assets/", "Content-Length: 0\r\n").starts_with("HTTP/1.1 405")
        );
    }

    #[test]
    fn a_port_that_is_taken_is_passed_over_unless_it_was_asked_for() {
        let first = listen(None).unwrap();
        let second = listen(None).unwrap();
        let [taken, next] = [&first, &second].map(|held| held.local_addr().unwrap().port());
        assert!((USUAL..next).contains(&taken), "{taken} {next}");
        let error = format!("{:#}", listen(Some(taken)).unwrap_err());
        assert!(
            error.contains(&format!("127.0.0.1:{taken}")) && error.contains("--port"),
            "{error}"
        );
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        let (_folder, site) = site("/");
        for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"] {
            let answer = ask(&site, &format!("GET {path}"), "");
            assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        }
    }

    #[test]
    fn a_known_version_is_not_sent_again() {
        let (_folder, site) = site("/");
        let first = ask(&site, "GET /index.html", "");
        let date = first.lines().find_map(|line| line.strip_prefix("last-modified: ")).unwrap();
        let again = ask(&site, "GET /index.html", &format!("If-Modified-Since: {date}\r\n"));
        assert!(again.starts_with("HTTP/1.1 304"), "{again}");
    }

    /// Browsers keep several connections open and ask on all of them.
    #[test]
    fn open_connections_that_ask_for_nothing_hold_up_no_one() {
        let (_folder, site) = site("/");
        let host = site.address.split('/').nth(2).unwrap();
        let idle: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(host).unwrap()).collect();
        assert!(ask(&site, "GET /", "").starts_with("HTTP/1.1 200"));
        drop(idle);
    }

    #[test]
    fn a_folder_without_a_page_is_refused_with_the_cure() {
        let folder = tempfile::tempdir().unwrap();
        let error = start(listen(Some(0)).unwrap(), folder.path(), "/").err().unwrap();
        assert!(error.to_string().contains("run `cargo xtask web` first"));
    }
}
