//! What can be wrong with a picture or with how a model wants it prepared.

use thiserror::Error;

/// An error of preprocessing.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ImageError {
    /// A side is zero or beyond [`super::MAX_SIDE`].
    #[error("the picture is {width} x {height} pixels; each side must be 1 to {max}", max = super::MAX_SIDE)]
    Side {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
    },
    /// The buffer is not as long as the picture's sides and format say.
    #[error("a picture of {width} x {height} pixels needs {expected} bytes, got {actual}")]
    Length {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Bytes that the sides and the format make.
        expected: usize,
        /// Bytes that were given.
        actual: usize,
    },
    /// The bytes are no picture, or a broken one.
    #[error("the picture cannot be decoded: {0}")]
    Decode(String),
    /// More pixels than the host takes on.
    #[error(
        "the picture is {width} x {height} pixels, {max_pixels} in all are read; make it smaller"
    )]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Pixels the caller allows.
        max_pixels: usize,
    },
    /// A model reads 1 channel (grey) or 3 (colour).
    #[error("the model's configuration asks for {actual} image channels; 1 and 3 are possible")]
    Channels {
        /// Channels in the configuration.
        actual: usize,
    },
    /// The crop must fit in the resized picture.
    #[error("a crop of {size} pixels does not fit in a picture resized to {resize}")]
    Crop {
        /// Side of the crop.
        size: usize,
        /// Shorter side after resizing.
        resize: usize,
    },
    /// Mean and deviation need one positive value a channel.
    #[error("normalisation needs a mean and a positive deviation for each of {channels} channels")]
    Normalisation {
        /// Channels in the configuration.
        channels: usize,
    },
    /// Prepared bytes of another size than the configuration's.
    #[error("a prepared picture has {expected} bytes, got {actual}")]
    Prepared {
        /// S * S * C of the configuration.
        expected: usize,
        /// Bytes that were given.
        actual: usize,
    },
}
