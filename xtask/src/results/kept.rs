//! What `fewshot eval` printed, kept until all is measured: hours of evaluations survive an
//! interruption.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::digest::{read, sha256};

/// A folder with a file for each call.
pub struct Kept(PathBuf);

impl Kept {
    /// Emptied, unless an earlier call is gone on with.
    pub fn new(folder: PathBuf, resume: bool) -> Result<Self> {
        if !resume && folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self(folder))
    }

    /// What the same arguments printed for the same weights, or print now.
    pub fn or_measured(&self, weights: &Path, fewshot: &mut Command) -> Result<String> {
        let arguments = fewshot.get_args().map(|argument| argument.to_string_lossy().into_owned());
        let key = sha256(&read(weights)?) + &arguments.collect::<Vec<_>>().join(" ");
        let path = self.0.join(sha256(key.as_bytes())).with_extension("jsonl");
        if let Ok(printed) = fs::read_to_string(&path) {
            return Ok(printed);
        }
        let printed = command::output(fewshot)?;
        // Whole or not at all: the next call trusts what it finds.
        let partial = path.with_extension("partial");
        fs::write(&partial, &printed)
            .and_then(|()| fs::rename(&partial, &path))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(printed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_made_once_for_the_same_weights_and_arguments() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let weights = folder.path().join("weights");
        fs::write(&weights, "a")?;
        let kept = Kept::new(folder.path().join("kept"), false)?;
        let call = |kept: &Kept, line: &str| -> Result<String> {
            // Prints another number each time it runs.
            let mut shell = Command::new("sh");
            shell.current_dir(folder.path()).args(["-c", "echo >> runs; wc -l < runs", line]);
            Ok(kept.or_measured(&weights, &mut shell)?.trim().to_owned())
        };
        assert_eq!((call(&kept, "x")?, call(&kept, "y")?), ("1".to_owned(), "2".to_owned()));
        let kept = Kept::new(folder.path().join("kept"), true)?;
        assert_eq!((call(&kept, "x")?, call(&kept, "y")?), ("1".to_owned(), "2".to_owned()));
        fs::write(&weights, "b")?;
        assert_eq!(call(&kept, "x")?, "3");
        let kept = Kept::new(folder.path().join("kept"), false)?;
        assert_eq!(call(&kept, "x")?, "4");
        Ok(())
    }
}
