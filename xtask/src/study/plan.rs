//! What a study consists of, as its file says.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::record::Line;

/// A file of `xtask/studies/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// The data set, as the trainer names it.
    pub data: String,
    /// Further data sets whose training classes teach the generator.
    #[serde(default)]
    pub also: Vec<String>,
    /// The recipe of all runs that train.
    #[serde(default)]
    pub recipe: String,
    /// Values of the recipe that all runs change.
    #[serde(default)]
    pub set: Vec<String>,
    /// Which classes are evaluated: `val` where a choice is still to be made.
    pub split: String,
    /// Episodes of each evaluation.
    pub episodes: usize,
    /// What stands above the rows' names.
    pub rows: String,
    /// A number of the recipe that is told in brackets with each cell, by its key.
    pub told: Option<String>,
    pub run: Vec<Run>,
}

/// One training, or one model that is there, and its row of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Several runs may fill one row.
    pub row: String,
    /// A model of `weights/` instead of a training.
    pub weights: Option<String>,
    /// Values of the recipe that this run changes.
    #[serde(default)]
    pub set: Vec<String>,
    pub eval: Vec<Evaluation>,
    /// Whether a column tells what a picture costs, encoded alone on one thread.
    #[serde(default)]
    pub time: bool,
}

/// One call of `fewshot eval`; a cell for each M, the later ones as differences to the first.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    pub column: String,
    pub shots: usize,
    #[serde(default = "none")]
    pub hallucinate: Vec<usize>,
    /// What hallucinates, as `fewshot eval --generator` takes it.
    #[serde(default = "own")]
    pub generator: String,
    /// Whether a column tells the hallucinations' variance.
    #[serde(default)]
    pub spread: bool,
    /// Whether a column tells the AUROC of "none of these".
    #[serde(default)]
    pub outsiders: bool,
    /// Another data set than the study's, which the model has not seen.
    pub data: Option<String>,
    /// Fewer episodes than the study's, where its cost is out of proportion.
    pub episodes: Option<usize>,
}

fn none() -> Vec<usize> {
    vec![0]
}

fn own() -> String {
    "own".to_owned()
}

impl Study {
    pub fn parse(text: &str) -> Result<Self> {
        let study: Self = toml::from_str(text).context("it is not a study")?;
        for (index, run) in study.run.iter().enumerate() {
            let trained = run.weights.is_none();
            ensure!(!trained || !study.recipe.is_empty(), "`{}` has nothing to train", run.row);
            ensure!(!run.eval.is_empty(), "`{}` evaluates nothing", run.row);
            let twice = study.run[..index].iter().any(|other| other.name() == run.name());
            ensure!(!twice, "`{}` is there twice", run.name());
        }
        Ok(study)
    }

    /// The runs without a line among those recorded, or with none of their training as it is now.
    pub fn runs_left(&self, lines: &[Line]) -> Vec<&Run> {
        let done = |run: &&Run| {
            let trained = run.weights.is_none().then(|| self.call(run));
            lines.iter().any(|line| line.run == run.name() && line.trained == trained)
        };
        self.run.iter().filter(|run| !done(run)).collect()
    }

    /// Values of the recipe that are changed for a run.
    pub fn changes<'a>(&'a self, run: &'a Run) -> impl Iterator<Item = &'a String> {
        self.set.iter().chain(&run.set)
    }

    /// The training of a run as a reader would type it.
    pub fn call(&self, run: &Run) -> String {
        let mut call = format!("fewshot train --recipe {} --data {}", self.recipe, self.data);
        for also in &self.also {
            call.push_str(&format!(" --also {also}"));
        }
        for change in self.changes(run) {
            call.push_str(&format!(" --set {change}"));
        }
        call
    }
}

impl Run {
    /// Tells runs apart: row and first column.
    pub fn name(&self) -> String {
        match self.eval.first() {
            Some(first) => format!("{}, {}", self.row, first.column),
            None => self.row.clone(),
        }
    }

    /// Its folder below the study's.
    pub fn folder(&self) -> String {
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        self.name().to_lowercase().chars().map(plain).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUDY: &str = r#"
        data = "cifar-fs"
        recipe = "reference"
        split = "test"
        episodes = 10
        rows = "distance"
        [[run]]
        row = "l2"
        set = ["model.distance=l2"]
        eval = [{ column = "1-shot", shots = 1 }]
        [[run]]
        row = "l2"
        eval = [{ column = "5-shot", shots = 5, hallucinate = [0, 10] }]
    "#;

    #[test]
    fn runs_are_told_apart_and_done_once() {
        let study = Study::parse(STUDY).unwrap();
        assert_eq!(study.run[1].folder(), "l2--5-shot");
        let call = "fewshot train --recipe reference --data cifar-fs";
        assert_eq!(study.call(&study.run[1]), call);
        let with_another = STUDY.replace("split", "also = ['caltech101']\nsplit");
        let with_another = Study::parse(&with_another).unwrap();
        let call = format!("{call} --also caltech101 --set model.distance=l2");
        assert_eq!(with_another.call(&with_another.run[0]), call);
        let line = Line {
            run: "l2, 1-shot".into(),
            trained: Some(study.call(&study.run[0])),
            ..Line::default()
        };
        let left = |line| study.runs_left(&[line]).iter().map(|run| run.name()).collect::<Vec<_>>();
        assert_eq!(left(line.clone()), ["l2, 5-shot"]);
        let shorter = line.trained.as_ref().map(|call| format!("{call} --set seed=1"));
        assert_eq!(left(Line { trained: shorter, ..line }).len(), 2, "another training");
        assert!(Study::parse(&STUDY.replace("5-shot", "1-shot")).is_err(), "the same run twice");
        assert!(Study::parse(&STUDY.replace("rows", "row")).is_err(), "an unknown key");
    }
}
