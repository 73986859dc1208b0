//! Arguments of `fewshot next`.

use std::path::PathBuf;

use clap::Args;
use fewshot::{Distance, HeadKind};

use super::apply::{DISTANCES, HEADS};
use super::one_of;
use crate::data::{Part, Split};
use crate::device::DeviceChoice;

/// Arguments of `fewshot next`.
#[derive(Debug, Args)]
pub struct NextArgs {
    /// File of weights
    #[arg(long, value_name = "W")]
    pub weights: PathBuf,
    /// What is labelled already: a folder with one folder of pictures per class, or a classifier
    /// that the page exported
    #[arg(long, value_name = "DIR|FILE", required_unless_present = "data")]
    pub support: Option<PathBuf>,
    /// Folder of pictures without a label
    #[arg(long, value_name = "DIR", required_unless_present = "data")]
    pub query: Option<PathBuf>,
    /// How many to name
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub count: usize,
    /// What is fitted to the labelled pictures [default: what the model file or the exported
    /// classifier says]
    #[arg(long, value_parser = one_of::<HeadKind>(HEADS))]
    pub head: Option<HeadKind>,
    /// How pictures are compared with prototypes [default: what the model file or the exported
    /// classifier says]
    #[arg(long, value_parser = one_of::<Distance>(DISTANCES))]
    pub distance: Option<Distance>,
    /// Measure instead what asking so is worth: on a data set whose labels are known, how many are
    /// needed for 95 % of the accuracy that all of them give, beside labels drawn at random
    #[arg(long, value_name = "DIR", conflicts_with_all = ["support", "query"])]
    pub data: Option<PathBuf>,
    /// With --data: which classes are drawn from
    #[arg(long, conflicts_with_all = ["support", "query"], default_value_t = Part::Of(Split::Test), value_parser = one_of::<Part>(Part::NAMES))]
    pub split: Part,
    /// With --data: classes to tell apart [default: 20, or as many as there are]
    #[arg(long, value_name = "N", conflicts_with_all = ["support", "query"])]
    pub ways: Option<usize>,
    /// With --data: draws of classes, pictures and first examples to average over
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["support", "query"], default_value_t = 50)]
    pub draws: usize,
    /// With --data: decides the draws
    #[arg(long, conflicts_with_all = ["support", "query"], default_value_t = 0)]
    pub seed: u64,
    /// Print one JSON object for each picture, a line each; with --data, one
    #[arg(long)]
    pub json: bool,
    /// Where to compute: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t = DeviceChoice::Auto)]
    pub device: DeviceChoice,
}
