//! Rules of the repository that no linter checks: small files, `unsafe` in one place, reasons.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;

/// A file of one idea is far shorter; a longer one is two files.
const MOST_LINES: usize = 500;
const MOST_BYTES: u64 = 8 << 20;
/// The only folder whose Rust may be unsafe.
const UNSAFE_FOLDER: &str = "model/src/kernels/";
/// Where its files that are unsafe stand for readers.
const UNSAFE_LIST: &str = "docs/trust.md";

pub fn check(root: &Path) -> Result<()> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let listed = command::output(&mut git)
        .context("git must tell which files belong to the project: install it, work in a clone")?;
    let mut broken = Vec::new();
    let mut are_unsafe = Vec::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        // A file that was deleted and not yet committed is still listed.
        let Ok(metadata) = fs::metadata(root.join(path)) else { continue };
        if metadata.len() > MOST_BYTES {
            broken.push(format!("{path}: {} bytes, more than 8 MiB", metadata.len()));
        } else if let Ok(text) = fs::read_to_string(root.join(path)) {
            broken.extend(rules_broken(path, &text));
            if path.starts_with(UNSAFE_FOLDER) && text.lines().any(is_unsafe) {
                are_unsafe.push(path.to_owned());
            }
        }
    }
    let document = fs::read_to_string(root.join(UNSAFE_LIST))
        .with_context(|| format!("{UNSAFE_LIST} must list what is unsafe"))?;
    broken.extend(differences(&are_unsafe, &document));
    if broken.is_empty() {
        return Ok(());
    }
    bail!("rules of the repository are broken:\n  {}", broken.join("\n  "))
}

/// Files that are unsafe and not in the document's list, and the reverse.
fn differences(are_unsafe: &[String], document: &str) -> Vec<String> {
    let lines = document.lines().skip_while(|line| *line != "<!-- begin: unsafe -->");
    let listed: Vec<&str> = lines
        .take_while(|line| *line != "<!-- end -->")
        .filter_map(|line| line.strip_prefix("- `")?.strip_suffix('`'))
        .collect();
    let missing = are_unsafe.iter().filter(|path| !listed.contains(&path.as_str()));
    let missing = missing.map(|path| format!("{UNSAFE_LIST}: {path} is unsafe and not listed"));
    let gone = listed.iter().filter(|path| !are_unsafe.iter().any(|other| other == *path));
    missing.chain(gone.map(|path| format!("{UNSAFE_LIST}: {path} is not unsafe"))).collect()
}

fn rules_broken(path: &str, text: &str) -> Vec<String> {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    let source = matches!(extension, Some("rs" | "ts" | "css" | "py" | "c" | "cu" | "sh"));
    if !source {
        return Vec::new();
    }
    let mut broken = Vec::new();
    let lines = text.lines().count();
    if lines > MOST_LINES {
        broken.push(format!("{path}: {lines} lines, more than {MOST_LINES}; split it by idea"));
    }
    for (index, line) in text.lines().enumerate() {
        let mut complain = |what: &str| broken.push(format!("{path}:{}: {what}", index + 1));
        if extension == Some("rs") && !path.starts_with(UNSAFE_FOLDER) && is_unsafe(line) {
            complain("unsafe code outside model/src/kernels");
        }
        if has_bare_todo(line) {
            complain("a TODO without its reason; say why it waits, as TODO(reason)");
        }
    }
    broken
}

/// Whether a line of Rust opens unsafe code; words in comments do not count.
fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.split("unsafe ").skip(1).any(|rest| {
        ["{", "fn ", "impl ", "impl<", "extern ", "trait "]
            .iter()
            .any(|start| rest.starts_with(start))
    })
}

/// Whether a comment says only that something is to be done.
fn has_bare_todo(line: &str) -> bool {
    let bare = |rest: &str| rest.strip_prefix(" TODO").is_some_and(|rest| !rest.starts_with('('));
    ["//", "/*", "#"].iter().any(|comment| line.split(comment).skip(1).any(bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_code_is_found_outside_the_kernels_only() {
        let word = "unsafe";
        let code = format!("fn read(p: *const u8) -> u8 {{ {word} {{ *p }} }}\n");
        assert_eq!(rules_broken("model/src/encoder.rs", &code).len(), 1);
        assert!(rules_broken("model/src/kernels/matrix.rs", &code).is_empty());
        assert!(rules_broken("a.rs", &format!("// {word} {{ in words }}\n")).is_empty());
        assert!(rules_broken("a.rs", "let unsafe_count = 1;\n").is_empty());
    }

    #[test]
    fn unsafe_files_and_their_list_are_the_same() {
        let files = ["model/src/kernels/a.rs".to_owned(), "model/src/kernels/b.rs".to_owned()];
        let list = |paths: &[&str]| {
            let lines: Vec<String> = paths.iter().map(|path| format!("- `{path}`")).collect();
            format!("# Trust\n<!-- begin: unsafe -->\n{}\n<!-- end -->\n", lines.join("\n"))
        };
        assert!(differences(&files, &list(&[&files[0], &files[1]])).is_empty());
        assert_eq!(differences(&files, &list(&[&files[0]])).len(), 1);
        assert_eq!(
            differences(&files[..1], &list(&[&files[0], "model/src/kernels/c.rs"])).len(),
            1
        );
        assert_eq!(differences(&files, "").len(), 2);
    }

    #[test]
    fn long_files_and_bare_todos_are_found() {
        assert_eq!(rules_broken("long.ts", &"line\n".repeat(501)).len(), 1);
        assert!(rules_broken("long.ts", &"line\n".repeat(500)).is_empty());
        assert!(rules_broken("list.txt", &"line\n".repeat(501)).is_empty());
        let word = "TODO";
        assert_eq!(rules_broken("a.rs", &format!("// {word}: later\n")).len(), 1);
        assert!(rules_broken("a.rs", &format!("// {word}(needs candle 0.12): later\n")).is_empty());
    }
}
