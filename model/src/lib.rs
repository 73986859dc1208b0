//! Few-shot learning: Prototypical Networks (Snell et al. 2017) and Data
//! Hallucination (Wang et al. 2018) on Candle.
//!
//! The one learner of the project: the trainer and the web page run this same
//! crate. It has no files, no clock, no threads of its own and no randomness of
//! the operating system; whatever is random is passed in as an [`rng::Rng`].

pub mod classifier;
pub mod image;
pub mod kernels;
pub mod metrics;
pub mod projection;
