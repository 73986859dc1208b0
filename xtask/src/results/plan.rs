//! What is measured of each model.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Model;

/// Sharp photographs unlike those that the backbones of the trained models have seen.
pub const PHOTOGRAPHS: &str = "caltech101";

/// Data sets and the folders they unpack into.
const FOLDERS: [(&str, &str); 4] = [
    ("caltech101", PHOTOGRAPHS),
    ("omniglot", "omniglot"),
    ("cifar-fs", "cifar100"),
    ("tiny-imagenet", "tiny-imagenet-fewshot"),
];

/// Pictures of an Omniglot character: they bound shots and queries.
const DRAWINGS: usize = 20;
/// Queries of the trusted protocol.
const QUERIES: usize = 15;

pub const SHOTS: [usize; 3] = [1, 5, 10];
/// Hallucinations beside none, each list in a call of its own on the same episodes.
pub const FEW: [usize; 3] = [0, 1, 10];
pub const MANY: [usize; 3] = [0, 50, 100];
pub const DISTANCES: [&str; 3] = ["l2", "cosine", "dot"];
/// Heads of the table of heads: as `--head` and `--distance` name them, and in words.
pub const HEADS: [(&str, Option<&str>, &str); 3] = [
    ("prototype", Some("cosine"), "prototypes, cosine"),
    ("prototype", Some("l2"), "prototypes, l2"),
    ("ridge", None, "ridge"),
];

/// Contexts of the table of contexts: as `--context` names them, and in words.
pub const CONTEXTS: [(&str, &str); 3] = [
    ("inductive", "each query by itself"),
    ("centred", "centred by support and queries"),
    ("transductive", "queries join the support, softly"),
];
/// A hundred features to hallucinate take ten times as long as ten; the paired differences are
/// sharp enough for it.
pub const MANY_EPISODES: usize = 2000;
/// Queries that are looked at together take ten times as long.
pub const CONTEXT_EPISODES: usize = 2000;
/// As `--imbalance` takes it: the shares of the classes among the queries of an episode are drawn
/// from a Dirichlet distribution with this α. None for as many of each.
pub const IMBALANCES: [Option<&str>; 2] = [None, Some("2")];

/// One call of `fewshot eval`: pictures are encoded once for all its shots.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    pub model: String,
    pub ways: usize,
    pub shots: Vec<usize>,
    pub queries: usize,
    /// The data set, the model's own or another.
    pub data: String,
    /// None for the model's own.
    pub head: Option<&'static str>,
    /// None for the model's own.
    pub distance: Option<&'static str>,
    /// None where each query is answered by itself and nothing is said of it.
    pub context: Option<&'static str>,
    pub imbalance: Option<&'static str>,
    /// None for as many as the command was asked for.
    pub episodes: Option<usize>,
    pub hallucinations: Vec<usize>,
}

/// Where a data set lies below `root`, the folder of all that are unpacked.
pub fn folder(root: &Path, data: &str) -> Result<PathBuf> {
    let found = FOLDERS.iter().find(|(name, _)| *name == data);
    found.map(|(_, folder)| root.join(folder)).with_context(|| {
        format!("no folder is known for the data set `{data}`; add it to xtask/src/results/plan.rs")
    })
}

/// Everything the tables say of a model.
pub fn evaluations(model: &Model) -> Vec<Evaluation> {
    let omniglot = model.data == "omniglot";
    let evaluation = |ways: usize, shots: &[usize]| {
        let most = shots.iter().copied().max().unwrap_or(0);
        Evaluation {
            model: model.id.clone(),
            ways,
            shots: shots.to_vec(),
            queries: if omniglot { QUERIES.min(DRAWINGS - most) } else { QUERIES },
            data: model.data.clone(),
            hallucinations: vec![0],
            ..Evaluation::default()
        }
    };
    // Fewer queries of a character only where more of its drawings are shown.
    let (few, more) = SHOTS.split_at(2);
    let together: &[&[usize]] = if omniglot { &[few, more] } else { &[&SHOTS] };
    let mut all = Vec::new();
    for shots in together {
        for data in sets(model) {
            all.push(Evaluation { data, hallucinations: FEW.to_vec(), ..evaluation(5, shots) });
        }
    }
    if omniglot {
        all.push(evaluation(20, few));
    }
    for (head, distance, _) in HEADS {
        for data in sets(model) {
            for shots in together {
                let head = Some(head);
                all.push(Evaluation { data: data.clone(), head, distance, ..evaluation(5, shots) });
            }
        }
    }
    let (head, distance) = (Some("prototype"), Some("dot"));
    all.push(Evaluation { head, distance, ..evaluation(5, few) });
    if !omniglot {
        for (context, _) in CONTEXTS {
            for imbalance in IMBALANCES {
                let (context, episodes) = (Some(context), Some(CONTEXT_EPISODES));
                all.push(Evaluation { context, imbalance, episodes, ..evaluation(5, few) });
            }
        }
    }
    // What takes longest comes last.
    for shots in together {
        for data in sets(model) {
            let (hallucinations, episodes) = (MANY.to_vec(), Some(MANY_EPISODES));
            all.push(Evaluation { data, hallucinations, episodes, ..evaluation(5, shots) });
        }
    }
    all
}

/// The model's own data, and photographs; but characters have nothing in common with those.
pub fn sets(model: &Model) -> Vec<String> {
    let mut sets = vec![model.data.clone()];
    if model.data != "omniglot" && model.data != PHOTOGRAPHS {
        sets.push(PHOTOGRAPHS.to_owned());
    }
    sets
}
