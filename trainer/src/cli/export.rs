//! Arguments of `fewshot export`.

use std::path::PathBuf;

use clap::Args;
use fewshot::{Distance, HeadKind};

use super::apply::{DISTANCES, HEADS};
use super::{hallucinations, one_of};

/// Arguments of `fewshot export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// File of weights
    #[arg(long, value_name = "W")]
    pub weights: PathBuf,
    /// Where to write the graph from pictures to features
    #[arg(long, value_name = "F.onnx")]
    pub onnx: PathBuf,
    /// Folder with one folder of example pictures per class, or a classifier that the page
    /// exported: the graph then gives the probability of each class too
    #[arg(long, value_name = "DIR|FILE")]
    pub support: Option<PathBuf>,
    /// What is fitted to the example pictures [default: what the model file or the exported
    /// classifier says]
    #[arg(long, requires = "support", value_parser = one_of::<HeadKind>(HEADS))]
    pub head: Option<HeadKind>,
    /// How pictures are compared with prototypes [default: what the model file or the exported
    /// classifier says]
    #[arg(long, requires = "support", value_parser = one_of::<Distance>(DISTANCES))]
    pub distance: Option<Distance>,
    /// Features to hallucinate for each class [default: 0, or what the exported classifier has]
    #[arg(long, requires = "support", value_name = "M", value_parser = hallucinations)]
    pub hallucinate: Option<usize>,
    /// Decides the noise of hallucinations [default: 0, or what the exported classifier has]
    #[arg(long, requires = "support")]
    pub seed: Option<u64>,
    /// Also write the generator: a graph from seed features and noise to hallucinated features
    #[arg(long, value_name = "F.onnx")]
    pub generator_onnx: Option<PathBuf>,
}
