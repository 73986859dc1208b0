//! The command line of `cargo xtask`: types for clap to fill, and nothing else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Build steps of Fewshot; each installs what it needs and says what it does.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub struct Cli {
    #[command(subcommand)]
    pub task: Task,
}

#[derive(Subcommand)]
pub enum Task {
    /// Build the page with the shipped weights, serve it on this machine, print its address
    Demo(Demo),
    /// Check everything: formatting, lints, tests, CUDA-gated code, the page in a browser
    Test(Test),
    /// Build the page into a static folder that any file server can host
    Web(Web),
    /// Build only the WebAssembly module the page loads, for work on the page with `npx vite`
    Wasm,
    /// Write the page's types anew, web/package/src/types.ts, from those of wasm/src/types.rs
    Types,
    /// Serve a static folder on this machine
    Serve(Serve),
    /// Build the trainer for NVIDIA GPUs with NVIDIA's compiler from PyPI; test it where a GPU is
    Cuda(Cuda),
    /// Evaluate every shipped model again and hold the documents' tables against it
    Results(Results),
    /// Carry out studies, tables that need many trainings; without a name, list them
    Study(Studies),
    /// Feed every reader of files from elsewhere what libFuzzer makes up
    Fuzz(Fuzz),
    /// Hold weights, exports and imports against PyTorch and onnxruntime
    Interop,
    /// Time the learner beside PyTorch, onnxruntime-web and TensorFlow.js; write
    /// docs/performance.md
    Bench(Bench),
}

/// What `cargo xtask bench` measures.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BenchWhat {
    /// Everything
    All,
    /// Training and encoding, beside PyTorch
    Native,
    /// Encoding in Chromium, beside onnxruntime-web and TensorFlow.js; what the page's visitor
    /// waits for
    Browser,
    /// Where the time of a training episode goes
    Profile,
    /// Which kernels a training step spends its time in; needs Linux's `perf` and binutils
    Kernels,
    /// How much of a training run is the encoder's steps; needs the data sets
    Runs,
}

#[derive(Args)]
pub struct Fuzz {
    /// The reader to try: weights, pictures, …; without one, all in turn
    pub target: Option<String>,
    /// Time for each
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
}

#[derive(Args)]
pub struct Bench {
    /// What to measure
    #[arg(value_enum, default_value_t = BenchWhat::All)]
    pub what: BenchWhat,
    /// Times that each side is timed in turn
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
}

#[derive(Args)]
pub struct Results {
    /// Only these tables, as the documents name them [default: all]
    pub tables: Vec<String>,
    /// Write the tables anew instead of failing where they say otherwise
    #[arg(long)]
    pub write: bool,
    /// Test episodes of each figure
    #[arg(long, default_value_t = 10_000)]
    pub episodes: usize,
    /// Go on with a call that was interrupted: what it measured of the same weights counts
    #[arg(long)]
    pub resume: bool,
    /// Folder of the unpacked data sets [default: unpacked from FEWSHOT_DATA]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Args)]
pub struct Studies {
    /// Which ones, one after the other; one that was interrupted goes on
    pub names: Vec<String>,
    /// Folder of the unpacked data sets [default: unpacked from FEWSHOT_DATA]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where trainings are kept [default: studies/ in the build folder]
    #[arg(long, value_name = "DIR")]
    pub runs: Option<PathBuf>,
}

#[derive(Args)]
pub struct Test {
    /// Only what needs no page, browser or CUDA: formatting, lints and the tests of the crates
    #[arg(long)]
    pub fast: bool,
    /// Fail where anything had to be left out, for want of data, a browser or a program
    #[arg(long)]
    pub complete: bool,
    /// Also what takes minutes and seldom finds anything: the learner for 64-bit ARM, and a page
    /// that grows to two thousand pictures
    #[arg(long)]
    pub slow: bool,
}

#[derive(Args)]
pub struct Cuda {
    /// Compile the kernels without optimisation: a check, in less than half the time
    #[arg(long)]
    pub quick: bool,
}

#[derive(Args)]
pub struct Demo {
    /// Port on 127.0.0.1, 0 for any [default: the first free one from 8080 on]
    #[arg(long)]
    pub port: Option<u16>,
}

#[derive(Args, Default)]
pub struct Web {
    /// Ship this model instead of the project's own
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// Title of the page
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Where to leave the site: a new or empty folder, or one that this command filled before
    /// [default: web/dist]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
pub struct Serve {
    /// Folder to serve
    pub folder: PathBuf,
    /// Port on 127.0.0.1, 0 for any [default: the first free one from 8080 on]
    #[arg(long)]
    pub port: Option<u16>,
    /// Path under which the folder appears
    #[arg(long, default_value = "/")]
    pub base: String,
}
