//! The bytes of a picture file to pixels: every colour type the `image` crate
//! reads becomes grey, RGB or RGBA of 8 bits, upright by its EXIF orientation.
//!
//! The page decodes JPEG and PNG here as well: browsers round JPEG otherwise, by
//! up to four levels, which changes probabilities in the third digit. Which
//! further formats there are is up to the host, by the features of the `image`
//! crate. Opening files is not here.

use std::io::Cursor;

use image::{ColorType, DynamicImage, ImageDecoder, ImageReader};

use super::{ImageError, PixelFormat, Pixels};

/// A decoded picture that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    width: usize,
    height: usize,
    format: PixelFormat,
    data: Vec<u8>,
}

impl Decoded {
    /// Wraps `height` rows of `width` pixels.
    ///
    /// # Errors
    /// Where the bytes do not fit the sides.
    pub fn new(
        width: usize,
        height: usize,
        format: PixelFormat,
        data: Vec<u8>,
    ) -> Result<Self, ImageError> {
        Pixels::new(width, height, format, &data)?;
        Ok(Self { width, height, format, data })
    }

    /// The borrowed form that preprocessing takes.
    ///
    /// # Errors
    /// Where a side is beyond [`super::MAX_SIDE`].
    pub fn pixels(&self) -> Result<Pixels<'_>, ImageError> {
        Pixels::new(self.width, self.height, self.format, &self.data)
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

    /// Rows of pixels without padding.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Turned counter-clockwise by quarters of a turn; nothing is resampled.
    #[must_use]
    pub fn turned(self, quarters: u8) -> Self {
        (0..quarters % 4).fold(self, |picture, _| picture.turned_once())
    }

    fn turned_once(self) -> Self {
        let (old_width, old_height, bytes) = (self.width, self.height, self.format.bytes());
        let mut data = Vec::with_capacity(self.data.len());
        // A row of the result, top to bottom, is a column of the old, right to left.
        for x in (0..old_width).rev() {
            for y in 0..old_height {
                let at = (y * old_width + x) * bytes;
                data.extend_from_slice(&self.data[at..at + bytes]);
            }
        }
        Self { width: old_height, height: old_width, format: self.format, data }
    }
}

/// Decodes the bytes of a picture file; the format is told by its content.
/// Pictures of more than `max_pixels` are refused before any memory is taken.
///
/// # Errors
/// Where the format is unknown, the content broken, or the picture too large.
pub fn decode(bytes: &[u8], max_pixels: usize) -> Result<Decoded, ImageError> {
    let broken = |error: &dyn std::fmt::Display| ImageError::Decode(error.to_string());
    if bytes.is_empty() {
        return Err(broken(&"the file is empty"));
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut decoder =
        reader.map_err(|e| broken(&e))?.into_decoder().map_err(|error| broken(&error))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if usize::try_from(pixels).map_or(true, |pixels| pixels > max_pixels) {
        return Err(ImageError::TooLarge { width, height, max_pixels });
    }
    let orientation = decoder.orientation().map_err(|error| broken(&error))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| broken(&error))?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (format, data) = match picture.color() {
        ColorType::L8 | ColorType::L16 => (PixelFormat::L8, picture.into_luma8().into_raw()),
        color if color.has_alpha() => (PixelFormat::Rgba8, picture.into_rgba8().into_raw()),
        _ => (PixelFormat::Rgb8, picture.into_rgb8().into_raw()),
    };
    Decoded::new(width, height, format, data)
}

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, Luma, LumaA, Rgb, Rgba};

    use super::*;

    fn decode_bytes(bytes: &[u8]) -> Result<Decoded, ImageError> {
        decode(bytes, usize::MAX)
    }

    fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_colour_type_becomes_eight_bits() {
        let grey = decode_bytes(&png(ImageBuffer::from_pixel(3, 2, Luma([7u8])))).unwrap();
        assert_eq!((grey.width(), grey.height(), grey.format), (3, 2, PixelFormat::L8));
        assert_eq!(grey.data(), [7; 6]);
        let deep = decode_bytes(&png(ImageBuffer::from_pixel(1, 1, Luma([0x8080u16])))).unwrap();
        assert_eq!((deep.format, deep.data()), (PixelFormat::L8, &[0x80][..]));
        let deep = decode_bytes(&png(ImageBuffer::from_pixel(1, 1, Rgb([0xffffu16, 0, 0x4040]))));
        assert_eq!(deep.unwrap().data(), [255, 0, 0x40]);
        let clear =
            decode_bytes(&png(ImageBuffer::from_pixel(1, 1, Rgba([1u8, 2, 3, 4])))).unwrap();
        assert_eq!((clear.format, clear.data()), (PixelFormat::Rgba8, &[1, 2, 3, 4][..]));
        let clear = decode_bytes(&png(ImageBuffer::from_pixel(1, 1, LumaA([9u8, 4])))).unwrap();
        assert_eq!(clear.data(), [9, 9, 9, 4]);
    }

    #[test]
    fn a_quarter_turn_is_counter_clockwise() {
        let picture = Decoded::new(2, 2, PixelFormat::L8, vec![1, 2, 3, 4]).unwrap();
        assert_eq!(picture.clone().turned(1).data(), [2, 4, 1, 3]);
        assert_eq!(picture.clone().turned(2).data(), [4, 3, 2, 1]);
        assert_eq!(picture.clone().turned(4), picture);
        let wide = Decoded::new(3, 1, PixelFormat::Rgb8, (0..9).collect()).unwrap().turned(1);
        assert_eq!((wide.width(), wide.height()), (1, 3));
        assert_eq!(wide.data(), [6, 7, 8, 3, 4, 5, 0, 1, 2]);
    }

    #[test]
    fn too_many_pixels_are_refused_and_torn_files_named() {
        let whole = png(ImageBuffer::from_pixel(64, 64, Luma([7u8])));
        assert!(decode(&whole, 64 * 64).is_ok());
        let error = decode(&whole, 64 * 64 - 1).unwrap_err();
        assert!(matches!(error, ImageError::TooLarge { width: 64, height: 64, .. }), "{error}");
        for bytes in [&b""[..], b"no picture at all", &whole[..whole.len() / 2]] {
            assert!(matches!(decode_bytes(bytes), Err(ImageError::Decode(_))));
        }
    }
}
