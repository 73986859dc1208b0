//! From the path of a request to a file inside the served folder, or to nothing.

use std::path::{Component, Path, PathBuf};

/// The file a percent-encoded relative path names; `None` where it would leave `folder`.
pub fn resolve(folder: &Path, encoded: &str) -> Option<PathBuf> {
    let decoded = decode(encoded)?;
    let relative = Path::new(&decoded);
    let inside = |component| matches!(component, Component::Normal(_) | Component::CurDir);
    let safe = relative.components().all(inside) && !decoded.contains(['\0', '\\']);
    safe.then(|| folder.join(relative))
}

fn decode(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push(if byte == b'%' { u8::try_from(digit()? * 16 + digit()?).ok()? } else { byte });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded() {
        let resolved = resolve(Path::new("/site"), "a%20b/%C3%A4.png");
        assert_eq!(resolved, Some(PathBuf::from("/site/a b/ä.png")));
        assert_eq!(resolve(Path::new("/site"), ""), Some(PathBuf::from("/site/")));
    }

    #[test]
    fn paths_that_lead_out_or_are_broken_are_refused() {
        for path in ["../x", "a/../../x", "/etc/passwd", "a%00b", "a%5cb", "%2", "%zz", "%ff"] {
            assert_eq!(resolve(Path::new("/site"), path), None, "{path}");
        }
    }
}
