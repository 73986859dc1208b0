//! What studies found: `docs/studies/NAME.jsonl`, a line a cell of the table.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::workspace::Workspace;

/// One cell, and how it came about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Which run, by [`super::plan::Run::name`].
    pub run: String,
    pub row: String,
    pub column: String,
    /// Percent; or percentage points where it is a difference; or the number itself.
    pub value: f64,
    /// Half of its 95 % interval, in the same unit.
    pub ci95: Option<f64>,
    /// Whether it is the paired difference to the column's first M.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub difference: bool,
    /// What was trained, as `fewshot train` was called; none for a model that was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained: Option<String>,
    /// Wall time of the training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<f64>,
}

/// A study's file of results.
pub struct Record(PathBuf);

impl Record {
    pub fn of(workspace: &Workspace, study: &str) -> Self {
        Self(workspace.root.join(format!("docs/studies/{study}.jsonl")))
    }

    /// Nothing where nothing has been recorded.
    pub fn read(&self) -> Result<Vec<Line>> {
        let shown = self.0.display();
        let text = match std::fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
        };
        let line = |line| {
            serde_json::from_str(line).with_context(|| format!("{shown} has a broken line: {line}"))
        };
        text.lines().map(line).collect()
    }

    /// All lines of a run at once: a run is recorded whole or not at all.
    pub fn append(&self, lines: &[Line]) -> Result<()> {
        let mut text = String::new();
        for line in lines {
            text.push_str(&serde_json::to_string(line)?);
            text.push('\n');
        }
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.0)?;
            file.write_all(text.as_bytes())
        };
        write().with_context(|| format!("cannot write {}", self.0.display()))
    }
}
