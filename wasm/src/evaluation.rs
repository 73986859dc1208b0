//! An evaluation by episodes, a few at a time, so that the worker can report and stop.

use std::collections::BTreeSet;

use candle_core::Tensor;
use fewshot::{
    Context, EpisodeSampler, EpisodeShape, Generator, Head, Model,
    classifier::{ClassExamples, check_hallucinations},
    episode::Evaluator,
    metrics::{Confusion, Interval},
};

use crate::{
    failure::Failure,
    types::{self, EvaluationSpec, GivenAnswer},
};

/// Owns all it needs, so that pictures and models may change meanwhile.
pub struct Evaluation {
    sampler: EpisodeSampler,
    generator: Option<Generator>,
    head: Head,
    context: Context,
    temperature: f32,
    hallucinations: [usize; 1],
    seed: u64,
    episodes: usize,
    /// For each class: its pictures and their features, (images, D).
    pictures: Vec<Vec<String>>,
    features: Vec<Tensor>,
    accuracies: Vec<f64>,
    confusion: Confusion,
    /// Each once, however often it is given.
    answers: BTreeSet<GivenAnswer>,
}

impl Evaluation {
    pub fn new(
        spec: &EvaluationSpec,
        classes: &[ClassExamples],
        model: &Model,
    ) -> Result<Self, Failure> {
        check_hallucinations(spec.hallucinations, model.generator.is_some())?;
        let shape = EpisodeShape { ways: spec.ways, shots: spec.shots, queries: spec.queries };
        let sizes = classes.iter().map(|class| class.examples.len()).collect();
        let sampler = EpisodeSampler::new(sizes, shape, spec.seed)?;
        let ids = |class: &ClassExamples| class.examples.iter().map(|e| e.id.clone()).collect();
        Ok(Self {
            sampler,
            generator: model.generator.clone(),
            head: model.config.head_with(spec.head, spec.distance),
            context: spec.context,
            temperature: spec.temperature,
            hallucinations: [spec.hallucinations],
            seed: spec.seed,
            episodes: spec.episodes,
            pictures: classes.iter().map(ids).collect(),
            features: classes
                .iter()
                .map(ClassExamples::features)
                .collect::<fewshot::Result<_>>()?,
            accuracies: Vec::with_capacity(spec.episodes),
            confusion: Confusion::new(classes.len()),
            answers: BTreeSet::new(),
        })
    }

    /// Scores up to `count` further episodes; returns how many are done.
    pub fn step(&mut self, count: usize) -> Result<usize, Failure> {
        let done = self.accuracies.len();
        for number in done..self.episodes.min(done + count) {
            self.run(number as u64)?;
        }
        Ok(self.accuracies.len())
    }

    pub fn result(&self) -> types::Evaluation {
        let Interval { mean, ci95, count } = Interval::of(&self.accuracies);
        types::Evaluation {
            accuracy: mean,
            ci95,
            episodes: count,
            confusion: self.confusion.rows().flatten().copied().collect(),
            answers: self.answers.iter().cloned().collect(),
        }
    }

    fn run(&mut self, number: u64) -> Result<(), Failure> {
        let evaluator = Evaluator {
            generator: self.generator.as_ref(),
            head: self.head,
            context: self.context,
            temperature: self.temperature,
            hallucinations: &self.hallucinations,
            seed: self.seed,
        };
        let episode = self.sampler.episode(number);
        let outcomes = evaluator.episode(&self.features, &episode, number)?;
        for outcome in outcomes {
            self.accuracies.push(outcome.accuracy());
            let ways = episode.classes.iter().zip(&episode.query).zip(&outcome.predicted);
            for ((&truth, images), answers) in ways {
                for (&image, answer) in images.iter().zip(answers) {
                    // An undecided answer is wrong, but in no one's favour.
                    let Some(predicted) = answer.map(|way| episode.classes[way]) else { continue };
                    self.confusion.record(truth, predicted);
                    let picture = self.pictures[truth][image].clone();
                    self.answers.insert(GivenAnswer { truth, predicted, picture });
                }
            }
        }
        Ok(())
    }
}
