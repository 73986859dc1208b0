//! Picture files to bytes: every colour type the `image` crate reads becomes
//! grey, RGB or RGBA of 8 bits, upright by its EXIF orientation, as a browser
//! shows it. Resizing is not here: that is [`fewshot::image`], shared with the
//! page.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result, bail};
use fewshot::image::{PixelFormat, Pixels};
use image::{ColorType, DynamicImage, ImageDecoder, ImageReader};

/// File name extensions that count as pictures when a folder is listed.
pub const EXTENSIONS: [&str; 6] = ["png", "jpg", "jpeg", "bmp", "gif", "webp"];

/// Whether a file name has one of [`EXTENSIONS`], in either case.
#[must_use]
pub fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|found| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(found)))
}

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
    pub fn new(width: usize, height: usize, format: PixelFormat, data: Vec<u8>) -> Result<Self> {
        Pixels::new(width, height, format, &data)?;
        Ok(Self { width, height, format, data })
    }

    /// The borrowed form that preprocessing takes.
    ///
    /// # Errors
    /// Where a side is beyond [`fewshot::image::MAX_SIDE`].
    pub fn pixels(&self) -> Result<Pixels<'_>> {
        Ok(Pixels::new(self.width, self.height, self.format, &self.data)?)
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

/// Reads and decodes a picture file.
///
/// # Errors
/// Where the file cannot be read or is not a picture; the error names it.
pub fn decode_file(path: &Path) -> Result<Decoded> {
    let bytes = std::fs::read(path).with_context(|| {
        format!("cannot read {}: check the path and its rights", path.display())
    })?;
    decode_bytes(&bytes).with_context(|| {
        format!(
            "{} is broken or not a picture; replace or remove it (PNG, JPEG, WebP, GIF and BMP are read)",
            path.display()
        )
    })
}

/// Decodes the bytes of a picture file; the format is told by its content.
///
/// # Errors
/// Where the format is unknown or the content is broken.
pub fn decode_bytes(bytes: &[u8]) -> Result<Decoded> {
    if bytes.is_empty() {
        bail!("the file is empty");
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
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
    use super::*;
    use image::{ImageBuffer, Luma, LumaA, Rgb, Rgba};

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
    fn a_palette_is_looked_up() {
        // GIF has nothing but palettes.
        let picture = ImageBuffer::from_pixel(2, 2, Rgba([10u8, 200, 30, 255]));
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::from(picture).write_to(&mut bytes, image::ImageFormat::Gif).unwrap();
        let decoded = decode_bytes(&bytes.into_inner()).unwrap();
        assert_eq!(decoded.data()[..4], [10, 200, 30, 255]);
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
    fn broken_files_are_named_with_a_cure() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("torn.png");
        let whole = png(ImageBuffer::from_pixel(64, 64, Luma([7u8])));
        for bytes in [&b""[..], b"no picture at all", &whole[..whole.len() / 2]] {
            std::fs::write(&path, bytes).unwrap();
            let error = decode_file(&path).unwrap_err().to_string();
            assert!(error.contains("torn.png") && error.contains("replace or remove"), "{error}");
        }
    }
}
