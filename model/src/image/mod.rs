//! From pixels to the tensor the backbone reads: the only preprocessing there is.
//!
//! The trainer and the web page call this same code, so that a picture gives
//! the same features natively and in the browser. It works in two stages:
//! [`prepare`] resizes, crops and converts to the model's channels, and stays in
//! `u8`: that is what the trainer caches and what the page shows as "what the
//! model sees"; [`normalise`] turns those bytes into the `f32` input. Resizing
//! is integer arithmetic and equals Pillow's antialiased bilinear filter bit for
//! bit. [`decode`] turns the bytes of a file into pixels. Random augmentation is
//! not here: it belongs to training.

mod colour;
mod decode;
mod decoded;
mod error;
mod normalise;
mod pixels;
mod resize;
#[cfg(test)]
mod tests;
mod torn;

pub use decode::decode;
pub use decoded::Decoded;
pub use error::ImageError;
pub use normalise::{normalise, normalise_into};
pub use pixels::{PixelFormat, Pixels};

use crate::config::{Framing, ImageConfig};
use colour::PlanarRow;
use resize::{Axis, resample};

/// The longest side that is read, in pixels. Larger pictures are refused, since
/// their sizes no longer fit the arithmetic of a 32-bit host.
pub const MAX_SIDE: usize = 32_768;

/// Resizes, centre-crops and converts a picture to the bytes the model sees.
///
/// As torchvision does: the shorter side (or both, [`Framing::Squash`]) becomes
/// `config.resize` with an antialiased bilinear filter, rounded to `u8`, then the
/// middle `size` x `size` is kept. Alpha is blended over white and colour turned to Rec. 601 luma
/// before resizing; `config.invert` turns dark ink bright afterwards.
///
/// # Shapes
/// Returns `(S, S, C)` row-major, `u8`.
///
/// # Errors
/// Where the configuration asks for neither 1 nor 3 channels, or for a crop
/// larger than the resized picture.
pub fn prepare(config: &ImageConfig, pixels: &Pixels<'_>) -> Result<Vec<u8>, ImageError> {
    let (size, channels) = (config.size, config.channels);
    if channels != 1 && channels != 3 {
        return Err(ImageError::Channels { actual: channels });
    }
    if size == 0 || config.resize < size {
        return Err(ImageError::Crop { size, resize: config.resize });
    }
    let [width, height] = match config.framing {
        Framing::Crop => resized_sides(pixels.width(), pixels.height(), config.resize),
        Framing::Squash => [config.resize; 2],
    };
    let columns = Axis::whole(pixels.width(), width).window(centre(width, size), size);
    let rows = Axis::whole(pixels.height(), height).window(centre(height, size), size);
    let mut out = resample(pixels, channels, &columns, &rows);
    if config.invert {
        for value in &mut out {
            *value = 255 - *value;
        }
    }
    Ok(out)
}

/// [`prepare`] and [`normalise`] in one call.
///
/// # Shapes
/// Returns `(C, S, S)` row-major, `f32`.
///
/// # Errors
/// As the two stages.
pub fn to_tensor_data(config: &ImageConfig, pixels: &Pixels<'_>) -> Result<Vec<f32>, ImageError> {
    normalise(config, &prepare(config, pixels)?)
}

/// Converts a whole picture to interleaved bytes of 1 or 3 channels without
/// resizing: what augmentation works on.
///
/// # Errors
/// Where `channels` is neither 1 nor 3.
pub fn convert(pixels: &Pixels<'_>, channels: usize) -> Result<Vec<u8>, ImageError> {
    if channels != 1 && channels != 3 {
        return Err(ImageError::Channels { actual: channels });
    }
    let (width, height) = (pixels.width(), pixels.height());
    let mut row = PlanarRow::new(width, channels);
    let mut out = vec![0; width * height * channels];
    for (y, target) in out.chunks_exact_mut(width * channels).enumerate() {
        row.load(pixels, y, 0..width);
        for (channel, plane) in row.planes().enumerate() {
            for (pixel, &value) in target.chunks_exact_mut(channels).zip(plane) {
                pixel[channel] = value as u8;
            }
        }
    }
    Ok(out)
}

/// The sides `[width, height]` once the shorter one is `resize`; the longer one
/// is rounded down, as torchvision does.
fn resized_sides(width: usize, height: usize, resize: usize) -> [usize; 2] {
    let longer = |long: usize, short: usize| {
        usize::try_from(resize as u64 * long as u64 / short as u64).unwrap_or(usize::MAX)
    };
    if width <= height { [resize, longer(height, width)] } else { [longer(width, height), resize] }
}

/// Where a centred window of `size` begins in `length`: half the difference,
/// with a half rounded to even, as Python's `round` in torchvision does.
pub fn centre(length: usize, size: usize) -> usize {
    let difference = length - size;
    let half = difference / 2;
    half + (difference % 2) * (half % 2)
}
