//! Arguments of `fewshot predict`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use fewshot::{Distance, HeadKind};

use super::apply::{DISTANCES, HEADS};
use super::{hallucinations, one_of};
use crate::device::DeviceChoice;
use crate::write::place::Placing;

/// Arguments of `fewshot predict`.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// Undo what --sort did: put every picture back that was moved to DIR, and remove every copy
    /// and link
    #[arg(long, value_name = "DIR", exclusive = true)]
    pub undo: Option<PathBuf>,
    /// What is asked; there unless `undo` is.
    #[command(flatten)]
    pub ask: Option<AskArgs>,
}

/// What `fewshot predict` is asked.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// File of weights
    #[arg(long, value_name = "W")]
    pub weights: PathBuf,
    /// Folder with one folder of example pictures per class, or a classifier that the page
    /// exported
    #[arg(long, value_name = "DIR|FILE")]
    pub support: PathBuf,
    /// Picture to classify, or a folder of them
    #[arg(long, value_name = "DIR|FILE")]
    pub query: PathBuf,
    /// What is fitted to the example pictures [default: what the model file or the exported
    /// classifier says]
    #[arg(long, value_parser = one_of::<HeadKind>(HEADS))]
    pub head: Option<HeadKind>,
    /// How pictures are compared with prototypes [default: what the model file or the exported
    /// classifier says]
    #[arg(long, value_parser = one_of::<Distance>(DISTANCES))]
    pub distance: Option<Distance>,
    /// Features to hallucinate for each class [default: 0, or what the exported classifier has]
    #[arg(long, value_name = "M", value_parser = hallucinations)]
    pub hallucinate: Option<usize>,
    /// Decides the noise of hallucinations [default: 0, or what the exported classifier has]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Print one JSON object for each picture, a line each
    #[arg(long)]
    pub json: bool,
    /// Also write a table: picture, class, its probability, and the probability of each class
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Also put each picture into DIR, in the folder of its class or of "None of these": as a
    /// copy, unless --link or --move says otherwise. Nothing is ever overwritten
    #[arg(long, value_name = "DIR")]
    pub sort: Option<PathBuf>,
    /// Sort by links to the pictures instead of copies
    #[arg(long, value_enum, requires = "sort")]
    pub link: Option<LinkKind>,
    /// Sort by moving the pictures; --undo DIR puts them back
    #[arg(long = "move", requires = "sort", conflicts_with = "link")]
    pub moves: bool,
    /// Where to compute: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t = DeviceChoice::Auto)]
    pub device: DeviceChoice,
}

/// What `--link` can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LinkKind {
    /// Another name of the same file, on the same disk
    Hard,
    /// A pointer to the picture's path
    Symbolic,
}

impl AskArgs {
    /// How `--sort` puts pictures into their folders.
    #[must_use]
    pub fn placing(&self) -> Placing {
        match self.link {
            _ if self.moves => Placing::Move,
            Some(LinkKind::Hard) => Placing::HardLink,
            Some(LinkKind::Symbolic) => Placing::SymbolicLink,
            None => Placing::Copy,
        }
    }
}
