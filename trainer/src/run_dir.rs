//! The folder of a run: `recipe.toml` (resolved), `run.json`, `metrics.jsonl`,
//! `curves.svg`, TensorBoard's events, `best.safetensors`, `last.safetensors`, `state.safetensors` and the
//! one before it.
//!
//! Every file is written whole or not at all. What goes into them is
//! [`crate::train`]'s; how a run's state is stored is [`state`]'s.

pub mod events;
pub mod listing;
mod lock;
pub mod metric;
pub mod metrics;
pub mod standing;
pub mod state;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use self::listing::Listing;
use crate::data::DataSource;
use crate::recipe::Recipe;
use crate::write;

/// A run's folder, held while training goes on in it.
#[derive(Clone, Debug)]
pub struct RunDir {
    path: PathBuf,
    /// Dropped with the last clone.
    _held: Option<Arc<File>>,
}

/// What a run was started with, apart from the recipe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Folder of the data, from the root; none for the built-in set.
    pub data: Option<PathBuf>,
    /// What the data held; none in runs of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
    /// Where the run began to compute; none in runs of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Further data sets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Self>,
}

impl Origin {
    /// Of a run on `source`, opened from `dir`.
    ///
    /// # Errors
    /// Where a picture is gone since it was listed.
    pub fn of(dir: Option<&Path>, source: &DataSource) -> Result<Self> {
        let data = dir.map(std::path::absolute).transpose().context("cannot find the data")?;
        let listing = data.is_some().then(|| Listing::of(source)).transpose()?;
        Ok(Self { data, listing, device: None, also: Vec::new() })
    }

    /// Checks that `source` is what the run began with.
    ///
    /// # Errors
    /// Names the first class that has changed.
    pub fn check(&self, source: &DataSource) -> Result<()> {
        let Some(before) = &self.listing else { return Ok(()) };
        match before.difference(&Listing::of(source)?) {
            None => Ok(()),
            Some(difference) => bail!(
                "the data has changed since the run began: {difference}; put it back, or start a \
                 new run"
            ),
        }
    }
}

/// Files of a run that has written weights.
const WRITTEN: [&str; 3] = ["state.safetensors", "best.safetensors", "last.safetensors"];

impl RunDir {
    /// Makes the folder of a new run: `out`, which must hold no run with weights,
    /// or else `runs/NAME`, with a number added where that exists.
    ///
    /// # Errors
    /// Where `out` holds a run already or another process trains there, or nothing
    /// can be written there.
    pub fn create(out: Option<&Path>, recipe: &Recipe, origin: &Origin) -> Result<Self> {
        let path = match out {
            Some(out) => out.to_owned(),
            None => free_name(&Path::new("runs").join(&recipe.name)),
        };
        if WRITTEN.iter().any(|name| path.join(name).exists()) {
            bail!(
                "{} holds a run already; go on with it by --resume {0}, or choose another --out",
                path.display()
            );
        }
        // Writing the recipe makes the folder, where there is none to lock yet.
        let made = !path.exists();
        let recipe_file = path.join("recipe.toml");
        if made {
            write::text(&recipe_file, &recipe.to_toml()?)?;
        }
        let run = Self::hold(path)?;
        if !made {
            // A run was ended here before its first checkpoint: nothing of it counts.
            write::text(&recipe_file, &recipe.to_toml()?)?;
            metrics::cut(&run, 0)?;
        }
        write::json(&run.file("run.json"), origin)?;
        Ok(run)
    }

    /// Opens the folder of a run that has begun, to read from it.
    ///
    /// # Errors
    /// Where there is none, or its recipe is damaged.
    pub fn open(path: &Path) -> Result<(Self, Recipe, Origin)> {
        let run = Self { path: path.to_owned(), _held: None };
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

    /// Opens the folder of a run that has begun, to go on in it.
    ///
    /// # Errors
    /// As [`Self::open`], and where another process trains there.
    pub fn go_on(path: &Path) -> Result<(Self, Recipe, Origin)> {
        let (_, recipe, origin) = Self::open(path)?;
        Ok((Self::hold(path.to_owned())?, recipe, origin))
    }

    fn hold(path: PathBuf) -> Result<Self> {
        let held = lock::hold(&path)?.map(Arc::new);
        if held.is_some() {
            write::sweep(&path);
        }
        Ok(Self { path, _held: held })
    }

    /// Takes away what [`Self::create`] wrote, unless weights stand beside it: a
    /// run that failed before it began leaves its name free for the next attempt.
    pub fn discard_unbegun(&self) {
        if WRITTEN.iter().any(|name| self.file(name).exists()) {
            return;
        }
        for name in ["recipe.toml", "run.json", metrics::FILE, events::FILE, lock::FILE] {
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
        let origin = Origin { data: Some("some/data".into()), ..Origin::default() };
        let held = RunDir::create(Some(&out), &recipe, &origin)?;
        let (_, read, from) = RunDir::open(&out)?;
        assert_eq!((read, from), (recipe.clone(), origin.clone()));
        // Nobody else begins there or goes on meanwhile.
        for other in
            [RunDir::create(Some(&out), &recipe, &origin), RunDir::go_on(&out).map(|run| run.0)]
        {
            let error = other.unwrap_err().to_string();
            assert!(error.contains("another process is training"), "{error}");
        }
        drop(held);
        // Ended before its first checkpoint, it begins again.
        drop(RunDir::create(Some(&out), &recipe, &origin)?);
        std::fs::write(out.join("state.safetensors"), "")?;
        let error = RunDir::create(Some(&out), &recipe, &origin).unwrap_err().to_string();
        assert!(error.contains("--resume"), "{error}");
        std::fs::remove_file(out.join("state.safetensors"))?;
        let missing = RunDir::open(&folder.path().join("none")).unwrap_err();
        assert!(format!("{missing:#}").contains("no run"));
        assert_eq!(free_name(&out), folder.path().join("run-2"));
        RunDir::open(&out)?.0.discard_unbegun();
        assert!(!out.exists(), "a run that never began leaves nothing");
        Ok(())
    }
}
