//! The folder of a run: `recipe.toml` (resolved), `metrics.jsonl`,
//! `curves.svg`, `best.safetensors`, `last.safetensors` and `state.safetensors`.
//!
//! Every file is written whole or not at all. What goes into them is
//! [`crate::train`]'s; how a run's state is stored is [`state`]'s.

pub mod metrics;
pub mod state;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::recipe::Recipe;
use crate::write;

/// A run's folder.
#[derive(Clone, Debug)]
pub struct RunDir {
    path: PathBuf,
}

/// What a run was started with, apart from the recipe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Folder of the data; none for the built-in set.
    pub data: Option<PathBuf>,
}

impl RunDir {
    /// Makes the folder of a new run: `out`, which must not hold a run, or else
    /// `runs/NAME`, with a number added where that exists.
    ///
    /// # Errors
    /// Where `out` holds a run already, or nothing can be written there.
    pub fn create(out: Option<&Path>, recipe: &Recipe, origin: &Origin) -> Result<Self> {
        let path = match out {
            Some(out) => out.to_owned(),
            None => free_name(&Path::new("runs").join(&recipe.name)),
        };
        let run = Self { path };
        if run.file("recipe.toml").exists() {
            bail!(
                "{} holds a run already; go on with it by --resume {0}, or choose another --out",
                run.path.display()
            );
        }
        write::text(&run.file("recipe.toml"), &recipe.to_toml()?)?;
        write::json(&run.file("run.json"), origin)?;
        Ok(run)
    }

    /// Opens the folder of a run that has begun.
    ///
    /// # Errors
    /// Where there is none, or its recipe is damaged.
    pub fn open(path: &Path) -> Result<(Self, Recipe, Origin)> {
        let run = Self { path: path.to_owned() };
        let read = |name: &str| {
            std::fs::read_to_string(run.file(name)).with_context(|| {
                format!("{} holds no run that could go on: cannot read its {name}", path.display())
            })
        };
        let recipe = Recipe::parse(&read("recipe.toml")?, &[])
            .with_context(|| format!("cannot use {}", run.file("recipe.toml").display()))?;
        let origin = serde_json::from_str(&read("run.json")?)
            .with_context(|| format!("cannot use {}", run.file("run.json").display()))?;
        Ok((run, recipe, origin))
    }

    /// Takes away what [`Self::create`] wrote, unless a checkpoint stands beside it: a
    /// run that failed before it began leaves its name free for the next attempt.
    pub fn discard_unbegun(&self) {
        if self.last().exists() || self.best().exists() {
            return;
        }
        for name in ["recipe.toml", "run.json"] {
            // What cannot be removed is refused by name next time.
            let _ = std::fs::remove_file(self.file(name));
        }
        let _ = std::fs::remove_dir(&self.path);
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The weights chosen on validation classes.
    #[must_use]
    pub fn best(&self) -> PathBuf {
        self.file("best.safetensors")
    }

    /// The weights as they are at present.
    #[must_use]
    pub fn last(&self) -> PathBuf {
        self.file("last.safetensors")
    }
}

fn free_name(wanted: &Path) -> PathBuf {
    let taken = |path: &Path| path.exists();
    if !taken(wanted) {
        return wanted.to_owned();
    }
    let numbered = |number: usize| PathBuf::from(format!("{}-{number}", wanted.display()));
    (2..).map(numbered).find(|path| !taken(path)).unwrap_or_else(|| wanted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_opened_as_it_was_made_and_never_overwritten() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let out = folder.path().join("run");
        let recipe = Recipe::find("synthetic", &["seed=3".into()])?;
        let origin = Origin { data: Some("some/data".into()) };
        RunDir::create(Some(&out), &recipe, &origin)?;
        let (_, read, from) = RunDir::open(&out)?;
        assert_eq!((read, from), (recipe.clone(), origin.clone()));
        let error = RunDir::create(Some(&out), &recipe, &origin).unwrap_err().to_string();
        assert!(error.contains("--resume"), "{error}");
        let missing = RunDir::open(&folder.path().join("none")).unwrap_err();
        assert!(format!("{missing:#}").contains("no run"));
        assert_eq!(free_name(&out), folder.path().join("run-2"));
        RunDir { path: out.clone() }.discard_unbegun();
        assert!(!out.exists(), "a run that never began leaves nothing");
        Ok(())
    }
}
