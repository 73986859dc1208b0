//! Few-shot learning: Prototypical Networks (Snell et al. 2017) and Data
//! Hallucination (Wang et al. 2018) on Candle.
//!
//! A program of one's own starts at [`Learner`]: the bytes of a model and of pictures in,
//! probabilities out. What else is public is what training, evaluation and drawing need; the
//! trainer and the web page of the project run this same crate.
//!
//! It has no files, no clock, no threads of its own and no randomness of the operating
//! system; whatever is random is passed in as an [`rng::Rng`].

pub mod acquisition;
pub mod backbone;
mod checkpoint;
pub mod classifier;
mod computed;
pub mod config;
mod context;
mod distance;
pub mod episode;
mod error;
pub mod generator;
mod head;
pub mod image;
#[expect(
    unsafe_code,
    reason = "vector instructions, slices shared among threads, and launches on GPUs"
)]
mod kernels;
mod learner;
mod least;
pub mod metrics;
mod model;
mod parameters;
pub mod projection;
pub mod rejection;
pub mod rng;
pub mod sealed;
mod support;
pub mod transform;
mod view;

/// Steps of training in kernels for NVIDIA GPUs.
#[cfg(feature = "cuda")]
pub mod gpu {
    pub use crate::kernels::gpu::{Betas, adam, nesterov};
}

pub use backbone::{Backbone, Backend, FrozenBackbone};
pub use checkpoint::{Checkpoint, Precision};
pub use classifier::{Classifier, ClassifierFile, Settings};
pub use config::{
    BackboneConfig, Framing, GeneratorConfig, GeneratorKind, ImageConfig, ModelConfig, Rejection,
    RidgeConfig, Seeds,
};
pub use context::Context;
pub use distance::Distance;
pub use episode::{Episode, EpisodeSampler, EpisodeShape};
pub use error::{Error, Result};
pub use generator::{Control, Generator};
pub use head::{Fitted, Head, HeadKind, Layer};
pub use kernels::rows::stack;
pub use learner::{Answer, Learner, MOST_PIXELS};
pub use model::{Embedder, Model};
pub use parameters::Parameters;
pub use support::Support;
pub use transform::{FeatureTransform, Transform};
pub use view::View;

/// The example of the crate's first page, compiled with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
