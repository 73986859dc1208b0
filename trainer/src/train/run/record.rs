//! What a run says of its course: lines of metrics, curves, words.

use std::collections::BTreeMap;

use anyhow::Result;

use super::Run;
use crate::plot;
use crate::run_dir::metric::{self, Metric};
use crate::run_dir::metrics::{self, Line};
use crate::train::curves;
use crate::train::validate::Scores;

impl Run {
    /// A line of metrics: the steps since the last one, or a validation.
    pub(super) fn line(
        &mut self,
        step: usize,
        steps: usize,
        rate: Option<f32>,
        scores: Option<&Scores>,
    ) -> Result<()> {
        let stage = self.position.stage;
        let mut line = Line {
            stage: stage + 1,
            kind: self.setup.recipe.stage[stage].kind().to_owned(),
            step,
            steps,
            seconds: (self.seconds() * 10.0).round() / 10.0,
            lr: rate,
            validation: scores.map(named).unwrap_or_default(),
            ..Line::default()
        };
        let (count, loss, accuracy) = self.position.window;
        if rate.is_some() && count > 0 {
            line.loss = Some(loss / count as f64);
            line.accuracy = Some(accuracy / count as f64);
            self.position.window = (0, 0.0, 0.0);
        }
        self.position.metrics_bytes = metrics::append(&self.folder, &line)?;
        self.events.add(&self.folder, &line)?;
        if scores.is_some() {
            self.draw();
        }
        Ok(())
    }

    /// Draws the curves. Training that can go on does not end for want of them.
    pub(super) fn draw(&self) {
        let drawn = metrics::read(&self.folder).and_then(|lines| {
            let figure = curves::figure(&self.setup.recipe.name, &lines);
            plot::save(&figure, &self.folder.file("curves.svg"))
        });
        if let Err(error) = drawn {
            eprintln!("{}", crate::output::one_line(&format!("{error:#}; training goes on")));
        }
    }
}

/// Scores by the names of what they measure.
pub(super) fn named(scores: &Scores) -> BTreeMap<String, f64> {
    measured(scores).into_iter().map(|(metric, value)| (metric.name(), value)).collect()
}

pub(super) fn words(scores: &Scores) -> String {
    metric::words(measured(scores))
}

fn measured(scores: &Scores) -> Vec<(Metric, f64)> {
    let mut measured = Vec::new();
    for kind in &scores.0 {
        for (index, &shots) in kind.shots.iter().enumerate() {
            let metric = |hallucinated| Metric { data: kind.data.clone(), shots, hallucinated };
            measured.push((metric(false), kind.plain[index]));
            if let Some(hallucinated) = &kind.hallucinated {
                measured.push((metric(true), hallucinated[index]));
            }
        }
    }
    measured
}
