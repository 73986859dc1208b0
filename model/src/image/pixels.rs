//! A decoded picture, borrowed from whoever decoded it.

use super::{ImageError, MAX_SIDE};

/// How the bytes of a picture are laid out, row by row without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelFormat {
    /// One grey byte a pixel.
    L8,
    /// Red, green, blue.
    Rgb8,
    /// Red, green, blue and straight (not premultiplied) alpha, as `ImageData`.
    Rgba8,
}

impl PixelFormat {
    /// Bytes a pixel.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::L8 => 1,
            Self::Rgb8 => 3,
            Self::Rgba8 => 4,
        }
    }
}

/// A decoded picture: sides, format and bytes that are known to agree.
#[derive(Debug, Clone, Copy)]
pub struct Pixels<'a> {
    width: usize,
    height: usize,
    format: PixelFormat,
    data: &'a [u8],
}

impl<'a> Pixels<'a> {
    /// Wraps bytes of the given format.
    ///
    /// # Errors
    /// Where a side is zero or too large, or `data` is not exactly
    /// `width * height * format.bytes()` long.
    pub fn new(
        width: usize,
        height: usize,
        format: PixelFormat,
        data: &'a [u8],
    ) -> Result<Self, ImageError> {
        if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
            return Err(ImageError::Side { width, height });
        }
        // 2^15 * 2^15 * 4 overflows a 32-bit usize; such a slice cannot exist there.
        let expected = (width * height).saturating_mul(format.bytes());
        if data.len() != expected {
            return Err(ImageError::Length { width, height, expected, actual: data.len() });
        }
        Ok(Self { width, height, format, data })
    }

    /// Wraps grey bytes.
    ///
    /// # Errors
    /// As [`Pixels::new`].
    pub fn l8(width: usize, height: usize, data: &'a [u8]) -> Result<Self, ImageError> {
        Self::new(width, height, PixelFormat::L8, data)
    }

    /// Wraps red, green, blue bytes.
    ///
    /// # Errors
    /// As [`Pixels::new`].
    pub fn rgb8(width: usize, height: usize, data: &'a [u8]) -> Result<Self, ImageError> {
        Self::new(width, height, PixelFormat::Rgb8, data)
    }

    /// Wraps red, green, blue, alpha bytes, as a canvas gives them.
    ///
    /// # Errors
    /// As [`Pixels::new`].
    pub fn rgba8(width: usize, height: usize, data: &'a [u8]) -> Result<Self, ImageError> {
        Self::new(width, height, PixelFormat::Rgba8, data)
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Layout of the bytes.
    #[must_use]
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// The bytes of row `y`.
    pub(super) fn row(&self, y: usize) -> &'a [u8] {
        let stride = self.width * self.format.bytes();
        &self.data[y * stride..(y + 1) * stride]
    }
}
