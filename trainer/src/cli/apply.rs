//! Arguments of the commands that use a trained model.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use fewshot::{Context, Control, Distance, HeadKind};

use super::{hallucinations, one_of};
use crate::data::{Part, Split};
use crate::device::DeviceChoice;

/// Names of the distances, as typed.
pub(super) const DISTANCES: &[&str] = &["l2", "cosine", "dot"];
/// Names of the heads, as typed.
pub(super) const HEADS: &[&str] = &["prototype", "ridge"];
/// Names of the contexts, as typed.
const CONTEXTS: &[&str] = &["inductive", "centred", "transductive"];

/// What `--generator` can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ControlChoice {
    /// The generator as it was trained
    Own,
    /// The same network, its noise set to zero
    NoiseOff,
    /// No network: the seed feature plus noise of the generator's scale
    Jitter,
}

impl From<ControlChoice> for Control {
    fn from(choice: ControlChoice) -> Self {
        match choice {
            ControlChoice::Own => Self::Own,
            ControlChoice::NoiseOff => Self::NoiseOff,
            ControlChoice::Jitter => Self::Jitter,
        }
    }
}

/// Arguments of `fewshot eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// File of weights
    #[arg(long, value_name = "W")]
    pub weights: PathBuf,
    /// Folder of the data set, its layout found by itself [default: the procedural data set]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Which classes episodes are drawn from; those the weights were trained or chosen on are left
    /// out of test, and taken by all
    #[arg(long, default_value_t = Part::Of(Split::Test), value_parser = one_of::<Part>(Part::NAMES))]
    pub split: Part,
    /// Classes in an episode [default: 5, or as many as there are]
    #[arg(long, value_name = "N")]
    pub ways: Option<usize>,
    /// Support pictures of each class; several, as in 1,5,10, are evaluated one after the other
    #[arg(long, value_name = "K", value_delimiter = ',', default_values_t = [1])]
    pub shots: Vec<usize>,
    /// Query pictures of each class [default: 15, or as many as the smallest class has left]
    #[arg(long, value_name = "Q")]
    pub queries: Option<usize>,
    /// Episodes to average over; published tables use 10000
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    pub episodes: usize,
    /// What is fitted to the support pictures [default: what the model file says]
    #[arg(long, value_parser = one_of::<HeadKind>(HEADS))]
    pub head: Option<HeadKind>,
    /// Whether the queries of an episode are looked at together: accuracy then depends on what
    /// else is asked, and is not comparable with published figures
    #[arg(long, default_value_t = Context::Inductive, value_parser = one_of::<Context>(CONTEXTS))]
    pub context: Context,
    /// Give the classes of an episode unequal shares of its queries, drawn from a Dirichlet
    /// distribution of this concentration; 2 is usual
    #[arg(long, value_name = "ALPHA")]
    pub imbalance: Option<f32>,
    /// How queries are compared with prototypes [default: what the model file says]
    #[arg(long, value_parser = one_of::<Distance>(DISTANCES))]
    pub distance: Option<Distance>,
    /// Features to hallucinate for each class; several, as in 0,10,100, are compared on the
    /// same episodes
    #[arg(long, value_name = "M", value_delimiter = ',', default_values_t = [0], value_parser = hallucinations)]
    pub hallucinate: Vec<usize>,
    /// What hallucinates: the model's generator, or what it is compared with: the same without
    /// noise, or noise alone added to the seed feature
    #[arg(long, value_enum, default_value_t = ControlChoice::Own)]
    pub generator: ControlChoice,
    /// Also compare the variance of hallucinated features with that of the class's real ones, for
    /// M above 1
    #[arg(long)]
    pub spread: bool,
    /// Also measure how well "none of these" is told: as many queries of classes that are not in
    /// the episode, ranked by the rejection score
    #[arg(long)]
    pub outsiders: bool,
    /// Decides the episodes and the noise
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print one JSON object for each M, a line each
    #[arg(long)]
    pub json: bool,
    /// Also draw accuracy against M, or against shots where there is one M
    #[arg(long, value_name = "F.svg|F.png")]
    pub plot: Option<PathBuf>,
    /// Also draw which class was taken for which, by the last K and M
    #[arg(long, value_name = "F.svg|F.png")]
    pub confusion: Option<PathBuf>,
    /// Also write which classes and pictures each episode has, a JSON object a line, so that
    /// another program can go through the same
    #[arg(long, value_name = "F.jsonl")]
    pub episodes_out: Option<PathBuf>,
    /// Where to compute: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t = DeviceChoice::Auto)]
    pub device: DeviceChoice,
}

/// Arguments of `fewshot embed`.
#[derive(Debug, Args)]
pub struct EmbedArgs {
    /// File of weights
    #[arg(long, value_name = "W")]
    pub weights: PathBuf,
    /// Folder of pictures, with whatever folders below
    #[arg(long, value_name = "DIR")]
    pub images: PathBuf,
    /// Where to write the tensor `features` and the list `images`
    #[arg(long, value_name = "F.safetensors")]
    pub out: PathBuf,
    /// Where to compute: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t = DeviceChoice::Auto)]
    pub device: DeviceChoice,
}

/// Arguments of `fewshot tsne`.
#[derive(Debug, Args)]
pub struct TsneArgs {
    /// File of weights
    #[arg(long, value_name = "W")]
    pub weights: PathBuf,
    /// Folder of the data set, its layout found by itself [default: the procedural data set]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Which classes the episode is drawn from; those the weights were trained or chosen on are
    /// left out of test, and taken by all
    #[arg(long, default_value_t = Part::Of(Split::Test), value_parser = one_of::<Part>(Part::NAMES))]
    pub split: Part,
    /// Classes in the episode [default: 5, or as many as there are]
    #[arg(long, value_name = "N")]
    pub ways: Option<usize>,
    /// Support pictures of each class
    #[arg(long, value_name = "K", default_value_t = 5)]
    pub shots: usize,
    /// Features to hallucinate for each class
    #[arg(long, value_name = "M", default_value_t = 0, value_parser = hallucinations)]
    pub hallucinate: usize,
    /// Decides the episode, the noise and the drawing
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Where to draw; the ending decides between SVG and PNG
    #[arg(long, value_name = "F.svg|F.png")]
    pub out: PathBuf,
    /// Where to compute: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t = DeviceChoice::Auto)]
    pub device: DeviceChoice,
}

/// Arguments of `fewshot info`.
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// File of weights
    #[arg(value_name = "W")]
    pub weights: PathBuf,
}
