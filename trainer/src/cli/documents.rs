//! Every call of `fewshot` in the documents is one that the command line takes.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::error::ErrorKind;

use super::Cli;

/// The calls in blocks of code: without comments, over lines that end with a backslash; those that
/// describe a call by brackets or choices are left out.
fn calls(text: &str) -> Vec<String> {
    let mut code = false;
    let mut found = Vec::new();
    let mut unfinished = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            code = !code;
            continue;
        }
        // What follows is a comment, or where the shell sends what is printed.
        let line = line.split(" #").next().unwrap_or_default();
        let line = line.split(" > ").next().unwrap_or_default().trim();
        let line = format!("{unfinished}{line}");
        unfinished.clear();
        if let Some(begun) = line.strip_suffix('\\') {
            unfinished = format!("{begun} ");
        } else if code && has_call(&line) {
            let from = line.find("fewshot ").unwrap_or_default();
            found.push(line[from..].to_owned());
        }
    }
    found.retain(|call| !call.contains(['[', '|', '<', '$']));
    found
}

/// At the beginning or behind what a shell or a scheduler puts before it; to cargo it is a crate.
fn has_call(line: &str) -> bool {
    line.starts_with("fewshot ") || (line.contains(" fewshot ") && !line.contains("cargo "))
}

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let of = |folder: PathBuf| {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "md"))
    };
    of(root.clone()).chain(of(root.join("docs"))).chain(of(root.join("weights"))).collect()
}

#[test]
fn every_call_in_the_documents_is_taken() {
    let mut count = 0;
    for path in documents() {
        for call in calls(&fs::read_to_string(&path).unwrap()) {
            count += 1;
            let words = shlex::split(&call).expect("quotes come in pairs");
            if let Err(error) = Cli::try_parse_from(words) {
                let asks = [ErrorKind::DisplayHelp, ErrorKind::DisplayVersion];
                assert!(asks.contains(&error.kind()), "{}: `{call}`: {error}", path.display());
            }
        }
    }
    assert!(count > 20, "only {count} calls were found");
}

#[test]
fn calls_are_found_where_they_stand() {
    let text = "```sh\nfewshot eval \\\n  --shots 1   # one\nA=1 fewshot data list\ncargo test -p fewshot --lib\n```\n\
                fewshot in words\n```sh\nfewshot train --recipe NAME|FILE.toml\n```\n";
    assert_eq!(calls(text), ["fewshot eval  --shots 1", "fewshot data list"]);
}
