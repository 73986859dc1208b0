//! What the documents promise: links that lead somewhere, a guide that has every document, commands
//! that exist. Those of `fewshot` are held against its own command line by the trainer's tests.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Parser;

use crate::cli::Cli;
use crate::command;

/// The table of contents that mdBook makes the guide of.
const SUMMARY: &str = "docs/SUMMARY.md";

pub fn check(root: &Path) -> Result<()> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.md"]);
    let listed = command::output(git.current_dir(root))?;
    let paths: Vec<&str> = listed.split('\0').filter(|path| root.join(path).is_file()).collect();
    let read = |path: &str| {
        fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))
    };
    let mut broken = Vec::new();
    for path in &paths {
        let text = read(path)?;
        broken.extend(dead_links(root, path, &text, &read)?);
        broken.extend(unknown_commands(path, &text));
    }
    let summary = read(SUMMARY)?;
    let in_guide = |path: &&&str| path.starts_with("docs/") && **path != SUMMARY;
    for path in paths.iter().filter(in_guide) {
        if !summary.contains(&format!("({})", &path["docs/".len()..])) {
            broken.push(format!("{path} is not in {SUMMARY}"));
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    bail!("the documents promise what is not there:\n  {}", broken.join("\n  "))
}

fn dead_links(
    root: &Path,
    path: &str,
    text: &str,
    read: &dyn Fn(&str) -> Result<String>,
) -> Result<Vec<String>> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut broken = Vec::new();
    for target in links(text) {
        if target.contains("://") || target.starts_with("mailto:") {
            continue;
        }
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let linked = if file.is_empty() { path.into() } else { folder.join(file) };
        let shown = linked.to_string_lossy();
        if !root.join(&linked).exists() {
            broken.push(format!("{path}: there is no {target}"));
        } else if !anchor.is_empty() && shown.ends_with(".md") {
            let there = anchors(&read(&shown)?).iter().any(|heading| heading == anchor);
            if !there {
                broken.push(format!("{path}: {shown} has no heading for #{anchor}"));
            }
        }
    }
    Ok(broken)
}

/// The targets of Markdown links and pictures outside code.
fn links(text: &str) -> Vec<&str> {
    let mut code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if !code {
            let after = line.split("](").skip(1);
            found.extend(after.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target));
        }
    }
    found
}

/// The anchors that a host makes of a document's headings.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        words.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
    };
    headings.map(anchor).collect()
}

fn unknown_commands(path: &str, text: &str) -> Vec<String> {
    let wrong = |line: &&str| {
        let words = shlex::split(line).unwrap_or_default();
        let error = Cli::try_parse_from(words.iter().skip(1)).err()?;
        let asks = matches!(
            error.kind(),
            clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion
        );
        (!asks).then(|| format!("{path}: `{line}`: {}", first_line(&error.to_string())))
    };
    commands(text).iter().filter_map(|line| wrong(&line.as_str())).collect()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Calls of `cargo xtask` in blocks of code, without comments.
fn commands(text: &str) -> Vec<String> {
    let mut code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            code = !code;
        }
        let call = line.split(" #").next().unwrap_or_default().trim();
        // Variables before a call are the shell's.
        let call = call.split_once("cargo xtask").map(|(_, rest)| format!("cargo xtask{rest}"));
        found.extend(call.filter(|_| code));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_code_are_none_and_headings_have_their_anchors() {
        let text = "# A page's name, and more\n[a](b.md#c) ![d](e.svg)\n```\n[f](g.md)\n```\n";
        assert_eq!(links(text), ["b.md#c", "e.svg"]);
        assert_eq!(anchors(text), ["a-pages-name-and-more"]);
    }

    #[test]
    fn links_that_lead_nowhere_are_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.md"), "# Here\n").unwrap();
        let read = |path: &str| Ok(fs::read_to_string(folder.path().join(path))?);
        let dead = |text: &str| dead_links(folder.path(), "a.md", text, &read).unwrap().len();
        assert_eq!(dead("[x](b.md) [y](b.md#here) [z](https://example.org/no)"), 0);
        assert_eq!(dead("[x](c.md) [y](b.md#there)"), 2);
    }

    #[test]
    fn a_command_that_is_not_there_is_told() {
        let block = |line: &str| format!("```sh\n{line}\n```\n");
        for good in ["cargo xtask demo    # the page", "A=1 cargo xtask test --fast"] {
            assert!(unknown_commands("a.md", &block(good)).is_empty(), "{good}");
        }
        for wrong in ["cargo xtask demo --quickly", "cargo xtask sing"] {
            assert_eq!(unknown_commands("a.md", &block(wrong)).len(), 1, "{wrong}");
        }
    }
}
