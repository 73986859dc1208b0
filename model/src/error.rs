//! What can go wrong in the learner, each with the expected and the actual value.

use candle_core::Shape;

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of the learner. Messages are sentences a person can act on; the
/// caller adds the name of the file where there is one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A tensor operation failed in candle.
    #[error("tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
    /// A tensor of the model has another shape than its configuration asks for.
    #[error("tensor '{name}' has shape {actual:?}, expected {expected:?}")]
    Shape {
        /// Name of the tensor, as in the file.
        name: String,
        /// What the configuration asks for.
        expected: Shape,
        /// What is there.
        actual: Shape,
    },
    /// A tensor the model needs is not in the file.
    #[error("tensor '{0}' is missing; these are not the weights of a few-shot model")]
    MissingTensor(String),
    /// A tensor holds NaN or an infinity.
    #[error(
        "tensor '{0}' holds values that are not finite; the training diverged or the file is damaged"
    )]
    NotFinite(String),
    /// The bytes are not a safetensors file, or end too early.
    #[error("not a readable safetensors file ({0}); it may be truncated, fetch or export it again")]
    Format(String),
    /// The content of a file is not what its checksum was made of.
    #[error(
        "its content has checksum {actual}, not {expected} as when it was written: it is damaged, fetch or export it again"
    )]
    Damaged {
        /// Checksum in the file.
        expected: String,
        /// Checksum of what is there.
        actual: String,
    },
    /// The file was written by a later version of this program.
    #[error(
        "the weights have format version {actual}, this program reads versions up to {supported}; update the program"
    )]
    Version {
        /// Version found in the file.
        actual: String,
        /// Newest version this program reads.
        supported: u32,
    },
    /// The configuration stored beside the weights cannot be used.
    #[error("the model's configuration is not usable: {0}")]
    Config(String),
    /// Fewer classes than an episode has ways.
    #[error(
        "{ways}-way episodes need {ways} classes, only {classes} are there; lower the ways or add classes"
    )]
    TooFewClasses {
        /// Classes asked for in each episode.
        ways: usize,
        /// Classes there are.
        classes: usize,
    },
    /// A class has fewer images than an episode draws from it.
    #[error("a class has {images} images, an episode of {shots} shots and {queries} queries needs {}; lower shots or queries, or add images", shots + queries)]
    TooFewImages {
        /// Images in the smallest class.
        images: usize,
        /// Support images drawn from each class.
        shots: usize,
        /// Query images drawn from each class.
        queries: usize,
    },
    /// A size or count that must not be zero, or is out of its range.
    #[error("{what} is {actual}, expected {expected}")]
    Argument {
        /// What the argument means.
        what: &'static str,
        /// Value given.
        actual: String,
        /// What would be accepted.
        expected: &'static str,
    },
    /// A picture cannot be prepared for the model.
    #[error(transparent)]
    Image(#[from] crate::image::ImageError),
    /// Hallucination was asked of a model that has no generator.
    #[error(
        "this model has no generator, so it cannot hallucinate; choose M = 0 or a model with a generator"
    )]
    NoGenerator,
    /// A class or picture the classifier does not have.
    #[error("the classifier has no {what} '{id}'")]
    Unknown {
        /// "class" or "picture".
        what: &'static str,
        /// The name asked for.
        id: String,
    },
    /// A class or picture the classifier has already.
    #[error("the classifier already has a {what} '{id}'; choose another name or remove it first")]
    Duplicate {
        /// "class" or "picture".
        what: &'static str,
        /// The name given again.
        id: String,
    },
    /// Nothing to compare with.
    #[error("no class has a picture yet; add at least one picture to a class")]
    NoExamples,
    /// A saved classifier meets other weights than it was made with.
    #[error(
        "the classifier was made with model {actual}, this is model {expected}; use the weights it was exported from"
    )]
    OtherModel {
        /// Fingerprint of the model at hand.
        expected: String,
        /// Fingerprint in the classifier's file.
        actual: String,
    },
}
