//! The plan of a sweep: `SWEEP/plan.json`, and the recipe files it uses.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::cli::PlanArgs;
use crate::commands::inputs;
use crate::recipe::Recipe;
use crate::{data, output, train, write};

/// Its name in the folder of the sweep.
const FILE: &str = "plan.json";

/// What the jobs share, and the jobs.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Folder of the data, from the root; none for the built-in set.
    pub data: Option<PathBuf>,
    /// Further data sets.
    pub also: Vec<PathBuf>,
    /// By their numbers.
    pub jobs: Vec<Job>,
}

/// One training.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Name of a built-in recipe, or of a file in the folder of the sweep.
    pub recipe: String,
    /// Values of the recipe that are changed, `key=value`: of all jobs, then its own.
    pub set: Vec<String>,
    /// Which of them are its own.
    pub varied: Vec<String>,
    /// What its random numbers follow from.
    pub seed: u64,
}

impl Job {
    /// What tells it from the others, the seed aside.
    pub fn setting(&self) -> String {
        let recipe = self.recipe.trim_end_matches(".toml");
        std::iter::once(recipe)
            .chain(self.varied.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub fn sentence(&self) -> String {
        format!("{}, seed {}", self.setting(), self.seed)
    }

    /// Its run.
    pub fn folder(&self, sweep: &Path, number: usize) -> PathBuf {
        sweep.join("runs").join(format!("{number:04}"))
    }
}

impl Plan {
    /// Reads the plan of a sweep.
    ///
    /// # Errors
    /// Where there is none.
    pub fn read(sweep: &Path) -> Result<Self> {
        let path = sweep.join(FILE);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("{} is no sweep: make it by `fewshot sweep plan`", sweep.display())
        })?;
        serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
    }
}

/// What `--recipe` is for a job.
pub fn recipe_of(sweep: &Path, recipe: &str) -> String {
    if recipe.ends_with(".toml") {
        sweep.join(recipe).display().to_string()
    } else {
        recipe.to_owned()
    }
}

/// Writes the plan: whatever would refuse a job refuses it here.
///
/// # Errors
/// Where there is a sweep already, or a recipe, a value or the data cannot be used.
pub fn write(args: &PlanArgs) -> Result<()> {
    ensure!(
        !args.dir.join(FILE).exists(),
        "{} holds a sweep already; choose another folder",
        args.dir.display()
    );
    let absolute = |dir: &PathBuf| std::path::absolute(dir).context("cannot find the data");
    let mut plan = Plan {
        data: args.data.as_ref().map(absolute).transpose()?,
        also: args.also.iter().map(absolute).collect::<Result<_>>()?,
        jobs: Vec::new(),
    };
    let mut sources = vec![inputs::open(plan.data.as_deref())?];
    for dir in &plan.also {
        sources.push(inputs::open(Some(dir))?);
    }
    let mut files = Vec::new();
    for given in &args.recipe {
        let name = match given.strip_suffix(".toml") {
            // The jobs train by the recipe as it is now, whatever becomes of the file.
            Some(_) => {
                let name = Path::new(given).file_name().unwrap_or_default().to_string_lossy();
                ensure!(
                    files.iter().all(|(other, _)| *other != name),
                    "two recipes are called {name}"
                );
                let text = std::fs::read_to_string(given)
                    .with_context(|| format!("cannot read the recipe {given}: check the path"))?;
                files.push((name.clone().into_owned(), text));
                name.into_owned()
            }
            None => given.clone(),
        };
        for varied in combinations(&args.vary)? {
            let mut set: Vec<String> = args.set.iter().chain(&varied).cloned().collect();
            // A name beside the recipe would not be found beside the plan's copy of it.
            if let Some(start) = inputs::start(&Recipe::find(given, &set)?)? {
                set.push(format!("start={}", start.display()));
            }
            for &seed in &args.seeds {
                let changes = set.iter().cloned().chain([format!("seed={seed}")]);
                let changes: Vec<String> = changes.collect();
                let mut recipe = Recipe::find(given, &changes)?;
                train::prepare(&mut recipe, &sources, !given.ends_with(".toml"), &changes)
                    .with_context(|| {
                        format!("cannot train on {}", data::shown(plan.data.as_deref()))
                    })?;
                let (recipe, set, varied) = (name.clone(), set.clone(), varied.clone());
                plan.jobs.push(Job { recipe, set, varied, seed });
            }
        }
    }
    for (name, text) in files {
        write::text(&args.dir.join(name), &text)?;
    }
    write::json(&args.dir.join(FILE), &plan)?;
    let (dir, last) = (args.dir.display(), plan.jobs.len() - 1);
    output::line(format!("{dir}: {} jobs, 0 to {last}", plan.jobs.len()))?;
    eprintln!("one after the other: seq 0 {last} | xargs -n 1 fewshot sweep run {dir}");
    eprintln!("the table of them:   fewshot sweep gather {dir}");
    Ok(())
}

/// Each value of a key with each of every other key's, in the order they were given.
fn combinations(vary: &[String]) -> Result<Vec<Vec<String>>> {
    let mut keys: Vec<(&str, Vec<&String>)> = Vec::new();
    for change in vary {
        let (key, _value) = change
            .split_once('=')
            .with_context(|| format!("'{change}' is no change; write key=value"))?;
        match keys.iter_mut().find(|(known, _)| *known == key.trim()) {
            Some((_, values)) => values.push(change),
            None => keys.push((key.trim(), vec![change])),
        }
    }
    ensure!(
        keys.iter().all(|(key, _)| *key != "seed"),
        "--vary seed is --seeds: they are averaged over"
    );
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    for (_, values) in keys {
        let with = |before: &Vec<String>, value: &String| {
            before.iter().cloned().chain([value.clone()]).collect()
        };
        all = all
            .iter()
            .flat_map(|before| values.iter().map(|value| with(before, value)).collect::<Vec<_>>())
            .collect();
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_meets_each_of_every_other_key() -> Result<()> {
        let of =
            |vary: &[&str]| combinations(&vary.iter().map(|&v| v.to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[])?, [Vec::<String>::new()]);
        let all = of(&["a=1", "b=x", "a=2", "b=y", "c=0"])?;
        let words: Vec<String> = all.iter().map(|one| one.join(" ")).collect();
        assert_eq!(words, ["a=1 b=x c=0", "a=1 b=y c=0", "a=2 b=x c=0", "a=2 b=y c=0"]);
        assert!(of(&["seed=1"]).is_err() && of(&["a"]).is_err());
        Ok(())
    }
}
