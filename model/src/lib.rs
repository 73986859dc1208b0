//! Few-shot learning: Prototypical Networks (Snell et al. 2017) and Data
//! Hallucination (Wang et al. 2018) on Candle.
//!
//! The one learner of the project: the trainer and the web page run this same
//! crate. It has no files, no clock, no threads of its own and no randomness of
//! the operating system; whatever is random is passed in as an [`rng::Rng`].

pub mod backbone;
pub mod checkpoint;
pub mod classifier;
pub mod config;
pub mod distance;
pub mod episode;
pub mod error;
pub mod evaluate;
pub mod hallucinator;
pub mod image;
pub mod kernels;
pub mod metrics;
pub mod model;
pub mod parameters;
pub mod projection;
pub mod prototype;
pub mod rejection;
pub mod rng;
pub mod transform;

pub use backbone::{Backbone, Backend, FrozenBackbone};
pub use checkpoint::{Checkpoint, Precision};
pub use classifier::{Classifier, ClassifierFile, Settings};
pub use config::{
    BackboneConfig, GeneratorConfig, GeneratorKind, ImageConfig, ModelConfig, Rejection, Seeds,
};
pub use distance::Distance;
pub use episode::{Episode, EpisodeSampler, EpisodeShape};
pub use error::{Error, Result};
pub use hallucinator::{Control, Generator};
pub use model::{Embedder, Model};
pub use parameters::Parameters;
pub use transform::{FeatureTransform, Transform};
