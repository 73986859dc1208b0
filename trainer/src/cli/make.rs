//! Arguments of the commands that make models, and that time the making.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use fewshot::{BackboneConfig, Precision};

use crate::device::{DeviceChoice, Devices};

/// Arguments of `fewshot train`.
#[derive(Clone, Debug, Default, Args)]
pub struct TrainArgs {
    /// Recipe: the name of one that is built in, or a TOML file [default with --resume: the
    /// run's own]
    #[arg(long, value_name = "NAME|FILE.toml", required_unless_present = "resume")]
    pub recipe: Option<String>,
    /// Folder of the data set, its layout found by itself [default: the procedural data set]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Folder of a data set of another kind of pictures: generators learn from it too, and weights
    /// and numbers are chosen on its validation classes as well; may be given again
    #[arg(long, value_name = "DIR")]
    pub also: Vec<PathBuf>,
    /// Folder of the run: recipe, metrics, curves, weights [default: runs/ and the recipe's name]
    #[arg(long, value_name = "RUN", conflicts_with = "resume")]
    pub out: Option<PathBuf>,
    /// Go on with this run exactly where it stopped
    #[arg(long, value_name = "RUN", conflicts_with = "recipe")]
    pub resume: Option<PathBuf>,
    /// Where to compute: auto, cpu, cuda, cuda:N, several GPUs as cuda:N,M, or metal
    #[arg(long, default_value_t = Devices::default())]
    pub device: Devices,
    /// Change one value of the recipe; may be given again
    #[arg(long = "set", value_name = "key=value")]
    pub set: Vec<String>,
}

/// What `fewshot bench` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchWhat {
    /// A training step of the encoder: forward and backward with BatchNorm over the batch
    Train,
    /// Encoding: forward with folded BatchNorm
    Encode,
    /// A whole training episode: pictures, prototypes, loss, gradients, optimizer
    Episode,
    /// The same episode, and how much of it each part takes
    Profile,
}

/// Arguments of `fewshot bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// What to time
    pub what: BenchWhat,
    /// Which network
    #[arg(long, value_name = "NAME", default_value = "conv4", value_parser = backbones())]
    pub backbone: String,
    /// Side of the pictures, pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 84)]
    pub image_size: usize,
    /// A model to encode with, as it answers: at its size, of all the views that it takes
    #[arg(long, value_name = "W", conflicts_with_all = ["backbone", "image_size"])]
    pub weights: Option<PathBuf>,
    /// Pictures in a batch; an episode has as many as its shape says
    #[arg(long, value_name = "COUNT", default_value_t = 64)]
    pub batch: usize,
    /// Classes of an episode
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub ways: usize,
    /// Support pictures of each class of an episode
    #[arg(long, value_name = "K", default_value_t = 5)]
    pub shots: usize,
    /// Query pictures of each class of an episode
    #[arg(long, value_name = "Q", default_value_t = 15)]
    pub queries: usize,
    /// Hallucinated features of each class of an episode, by the reference generator
    #[arg(long, value_name = "M", default_value_t = 0)]
    pub hallucinate: usize,
    /// How long to measure
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    pub seconds: f64,
    /// Threads to compute with [default: one a core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where to compute: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t = DeviceChoice::Cpu)]
    pub device: DeviceChoice,
}

/// How weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StoredAs {
    /// Half the size, about three significant digits
    F16,
    /// As trained
    F32,
}

impl From<StoredAs> for Precision {
    fn from(stored: StoredAs) -> Self {
        match stored {
            StoredAs::F16 => Self::F16,
            StoredAs::F32 => Self::F32,
        }
    }
}

/// Arguments of `fewshot import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// File that PyTorch or safetensors wrote, with the network's state_dict
    #[arg(long, value_name = "FILE")]
    pub torch: PathBuf,
    /// Which network it is
    #[arg(long, value_name = "NAME", value_parser = backbones())]
    pub backbone: String,
    /// File of weights to write
    #[arg(long, value_name = "W")]
    pub out: PathBuf,
    /// Side of the pictures, pixels [default: what the network is usually given]
    #[arg(long, value_name = "PIXELS")]
    pub image_size: Option<usize>,
    /// Blocks whose pooled outputs join the feature, as in 4,14 (efficientnet-lite0)
    #[arg(long, value_name = "BLOCKS", value_delimiter = ',')]
    pub pooled: Vec<usize>,
    /// How weights are stored
    #[arg(long, value_enum, default_value_t = StoredAs::F16)]
    pub precision: StoredAs,
}

/// Names of the backbones, as typed.
fn backbones() -> PossibleValuesParser {
    PossibleValuesParser::new(BackboneConfig::all().map(|kind| kind.name()))
}

/// Arguments of `fewshot publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Folder of the run whose best weights are published
    #[arg(long, value_name = "RUN", required_unless_present = "name_classes")]
    pub run: Option<PathBuf>,
    /// Instead of publishing a run, name the classes of the data in the published file, whose
    /// numbers stay as they are
    #[arg(long, conflicts_with_all = ["run", "title", "default"])]
    pub name_classes: bool,
    /// Name of the model: its file's name, and how a page refers to it
    #[arg(long, value_name = "NAME")]
    pub id: String,
    /// What the page calls the model
    #[arg(long, value_name = "TEXT", required_unless_present = "name_classes")]
    pub title: Option<String>,
    /// What whoever uses it must know, for its card
    #[arg(long, value_name = "TEXT", conflicts_with = "name_classes")]
    pub note: Option<String>,
    /// Folder of the data set the model is scored on [default: the procedural data set]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How weights are stored
    #[arg(long, value_enum, default_value_t = StoredAs::F16)]
    pub precision: StoredAs,
    /// Make it the model the page starts with
    #[arg(long)]
    pub default: bool,
    /// Folder of the published models
    #[arg(long, value_name = "DIR", default_value = "weights")]
    pub to: PathBuf,
    /// Where to compute: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t = DeviceChoice::Auto)]
    pub device: DeviceChoice,
}
