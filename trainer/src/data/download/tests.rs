//! Downloads from a server on this machine that does whatever servers do.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::*;
use crate::data::known::Unpack;

const CONTENT: &[u8] = b"a file of thirty-one bytes, no?";

type Headers = HashMap<String, String>;

/// What the server does with one request.
#[derive(Clone, Debug, Default)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Keeps the connection open afterwards, and silent.
    stalls: bool,
}

impl Answer {
    fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn body(self, body: &[u8]) -> Self {
        Self { body: body.to_vec(), ..self }
    }

    /// The file, of which only `sent` bytes come.
    fn whole(sent: usize) -> Self {
        Self::new(200)
            .with("content-length", CONTENT.len().to_string())
            .with("etag", "\"one\"")
            .body(&CONTENT[..sent])
    }

    /// The rest of the file.
    fn rest(from: usize) -> Self {
        let (last, all) = (CONTENT.len() - 1, CONTENT.len());
        Self::new(206)
            .with("content-length", (all - from).to_string())
            .with("content-range", format!("bytes {from}-{last}/{all}"))
            .body(&CONTENT[from..])
    }
}

/// A server, a place to download to, and what was asked.
struct Desk {
    folder: tempfile::TempDir,
    remote: Remote,
    asked: Arc<Mutex<Vec<Headers>>>,
}

impl Desk {
    /// Answers the first request with the first of `answers`, and so on.
    fn new(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/file.zip", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for (stream, answer) in listener.incoming().zip(answers) {
                let mut stream = stream.unwrap();
                let mut headers = Headers::new();
                for line in BufReader::new(stream.try_clone().unwrap()).lines().skip(1) {
                    let line = line.unwrap();
                    let Some((name, value)) = line.split_once(": ") else { break };
                    headers.insert(name.to_lowercase(), value.to_owned());
                }
                seen.lock().unwrap().push(headers);
                let mut head = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", answer.status);
                for (name, value) in answer.headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                head.push_str("\r\n");
                // A client that has seen enough closes its end.
                let _ =
                    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer.body));
                if answer.stalls {
                    silent.push(stream);
                }
            }
            // The last ones stay open as long as the test.
            std::thread::park();
        });
        let sha256: String = hex::encode(Sha256::digest(CONTENT));
        let remote = Remote {
            url: url.leak(),
            path: "file.zip",
            sha256: sha256.leak(),
            bytes: CONTENT.len() as u64,
            hosts: &[],
            unpack: Unpack::Nothing,
        };
        Self { folder: tempfile::tempdir().unwrap(), remote, asked }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("new/file.zip")
    }

    fn fetch(&self) -> Result<()> {
        fetch_within(Duration::from_millis(300), &self.remote, &self.path(), &|_, _| {})
    }

    /// Checks that the file came, and nothing else is left.
    fn comes(&self) {
        self.fetch().unwrap();
        assert_eq!(std::fs::read(self.path()).unwrap(), CONTENT);
        assert_eq!(self.left(), ["file.zip"]);
    }

    /// Checks that it does not come, and why.
    fn fails(&self, told: &str) {
        let error = format!("{:#}", self.fetch().unwrap_err());
        assert!(error.contains(told) && error.contains(self.remote.url), "{error}");
        assert!(!self.path().exists());
    }

    fn left(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path().parent().unwrap()).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<String> =
            entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// A header of the last request.
    fn last_asked(&self, name: &str) -> Option<String> {
        self.asked.lock().unwrap().last()?.get(name).cloned()
    }
}

#[test]
fn a_download_that_broke_off_is_gone_on_with_if_it_is_the_same_file() {
    let desk = Desk::new(vec![Answer::whole(10), Answer::rest(10)]);
    desk.fails("run the same command again");
    assert_eq!(desk.left(), ["file.zip.part", "file.zip.part.version"]);
    desk.comes();
    assert_eq!(desk.last_asked("range").as_deref(), Some("bytes=10-"));
    assert_eq!(desk.last_asked("if-range").as_deref(), Some("\"one\""));
}

#[test]
fn another_version_is_fetched_from_its_beginning() {
    // The server answers If-Range with all of the file; a weak tag is none.
    let weak = Answer::whole(CONTENT.len()).with("last-modified", "today");
    let mut weak = weak;
    weak.headers.retain(|(name, _)| *name != "etag");
    let desk = Desk::new(vec![Answer::whole(10), weak]);
    desk.fails("of 31 bytes");
    desk.comes();
    let mut dated = Answer::whole(5).with("last-modified", "yesterday");
    dated.headers.iter_mut().filter(|(name, _)| *name == "etag").for_each(|(_, tag)| {
        *tag = "W/\"weak\"".to_owned();
    });
    let desk = Desk::new(vec![dated, Answer::rest(5)]);
    desk.fails("broke off");
    desk.comes();
    assert_eq!(desk.last_asked("if-range").as_deref(), Some("yesterday"));
}

#[test]
fn a_server_that_stalls_is_left_in_the_middle_and_before_its_first_word() {
    let stalls = Answer { stalls: true, ..Answer::whole(12) };
    let desk = Desk::new(vec![stalls, Answer::rest(12)]);
    desk.fails("12 of 31 bytes came");
    desk.comes();
    // Accepted, and never answered.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut silent = Desk::new(Vec::new());
    silent.remote.url = format!("http://{}/file.zip", listener.local_addr().unwrap()).leak();
    silent.fails("broke off");
}

#[test]
fn a_server_that_lies_about_lengths_is_told() {
    let other = Answer::new(200).with("content-length", "9").body(&CONTENT[..9]);
    Desk::new(vec![other]).fails("has 9 bytes, expected 31");
    // No length, and no end.
    let desk = Desk::new(vec![Answer::new(200).body(&CONTENT.repeat(5000)), Answer::whole(31)]);
    desk.fails("more than the 31 bytes");
    assert!(desk.left().is_empty());
    desk.comes();
    // No length, and an end too early.
    let desk = Desk::new(vec![Answer::new(200).body(&CONTENT[..20]), Answer::rest(20)]);
    desk.fails("20 bytes came of 31");
    desk.comes();
    // The wrong part.
    let mut wrong = Answer::rest(12);
    wrong.body = CONTENT[12..].to_vec();
    let desk = Desk::new(vec![Answer::whole(10), wrong, Answer::whole(31)]);
    desk.fails("broke off");
    desk.fails("bytes 12-30/31 where bytes 10-30/31 was asked for");
    desk.comes();
}

#[test]
fn another_content_than_pinned_is_removed() {
    let mut other = Answer::whole(31);
    other.body.reverse();
    let desk = Desk::new(vec![other, Answer::whole(31)]);
    desk.fails("not the file expected");
    assert!(desk.left().is_empty());
    desk.comes();
}

#[test]
fn redirects_stay_on_the_host() {
    let moved = |to: &str| Answer::new(302).with("location", to).with("content-length", "0");
    let desk = Desk::new(vec![moved("/elsewhere.zip"), Answer::whole(31)]);
    desk.comes();
    for to in ["http://example.org/file.zip", "//example.org/file.zip", "http://127.0.0.1:9/x"] {
        Desk::new(vec![moved(to)]).fails("to another host, ");
    }
    Desk::new(vec![moved("http://[")]).fails("an address that is none");
    Desk::new(vec![moved("/file.zip"); 9]).fails("from one address to the next");
}

#[test]
fn a_redirect_to_a_host_that_the_publisher_stores_at_is_followed_and_gone_on_with() {
    let storage = Desk::new(vec![Answer::whole(10), Answer::rest(10)]);
    let address: &str = storage.remote.url;
    let host: &str = address.split('/').nth(2).unwrap().to_owned().leak();
    let moved = Answer::new(302).with("location", address).with("content-length", "0");
    let mut desk = Desk::new(vec![moved.clone(), moved.clone()]);
    desk.remote.hosts = vec![host].leak();
    desk.fails("broke off");
    desk.comes();
    assert_eq!(storage.last_asked("range").as_deref(), Some("bytes=10-"));
    assert_eq!(storage.last_asked("if-range").as_deref(), Some("\"one\""));
    // The name alone does not do: another port is another server, and TLS is not given up.
    let mut other = Desk::new(vec![moved]);
    other.remote.hosts = &["127.0.0.1"];
    other.fails("to another host, ");
    let encrypted = Answer::new(302).with("location", format!("https://{host}/file.zip"));
    let mut desk = Desk::new(vec![encrypted.with("content-length", "0")]);
    desk.remote.hosts = vec![host].leak();
    desk.fails("to another host, ");
}

#[test]
fn refusals_are_told_with_what_to_do() {
    let refused = |status| Answer::new(status).with("content-length", "0");
    let desk = Desk::new(vec![Answer::whole(10), refused(416), Answer::whole(31)]);
    desk.fails("broke off");
    desk.fails("no bytes after 10");
    assert!(desk.left().is_empty());
    desk.comes();
    Desk::new(vec![refused(404)]).fails("no such file any more");
    Desk::new(vec![refused(503)]).fails("status 503; try again later");
    // Nobody there.
    let mut gone = Desk::new(Vec::new());
    gone.remote.url = "http://127.0.0.1:9/file.zip";
    gone.fails("broke off");
}
