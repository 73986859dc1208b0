//! What is measured of each model.

use anyhow::{Context, Result};

use super::Model;

/// Data sets and the folders they unpack into.
const FOLDERS: [(&str, &str); 3] = [
    ("omniglot", "omniglot"),
    ("cifar-fs", "cifar100"),
    ("tiny-imagenet", "tiny-imagenet-fewshot"),
];

/// Pictures of an Omniglot character: they bound shots and queries.
const DRAWINGS: usize = 20;
/// Queries of the trusted protocol.
const QUERIES: usize = 15;

pub const SHOTS: [usize; 3] = [1, 5, 10];
pub const HALLUCINATIONS: [usize; 5] = [0, 1, 10, 50, 100];
pub const DISTANCES: [&str; 3] = ["l2", "cosine", "dot"];

/// One call of `fewshot eval`.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub model: String,
    pub ways: usize,
    pub shots: usize,
    pub queries: usize,
    /// None for the model's own.
    pub distance: Option<&'static str>,
    pub hallucinations: Vec<usize>,
}

pub fn folder(data: &str) -> Result<&'static str> {
    let found = FOLDERS.iter().find(|(name, _)| *name == data);
    found.map(|(_, folder)| *folder).with_context(|| {
        format!("no folder is known for the data set `{data}`; add it to xtask/src/results/plan.rs")
    })
}

/// Everything the tables say of a model.
pub fn evaluations(model: &Model) -> Vec<Evaluation> {
    let omniglot = model.data == "omniglot";
    let evaluation = |ways: usize, shots: usize| Evaluation {
        model: model.id.clone(),
        ways,
        shots,
        queries: if omniglot { QUERIES.min(DRAWINGS - shots) } else { QUERIES },
        distance: None,
        hallucinations: vec![0],
    };
    let mut all: Vec<_> = SHOTS[..2]
        .iter()
        .map(|&shots| Evaluation {
            hallucinations: HALLUCINATIONS.to_vec(),
            ..evaluation(5, shots)
        })
        .collect();
    all.push(evaluation(5, SHOTS[2]));
    if omniglot {
        all.extend([evaluation(20, 1), evaluation(20, 5)]);
    }
    for distance in DISTANCES {
        for shots in [1, 5] {
            all.push(Evaluation { distance: Some(distance), ..evaluation(5, shots) });
        }
    }
    all
}
