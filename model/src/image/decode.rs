//! The bytes of a picture file to pixels: every colour type the `image` crate
//! reads becomes grey, RGB or RGBA of 8 bits, upright by its EXIF orientation.
//!
//! The page decodes JPEG and PNG here as well: browsers round JPEG otherwise, by
//! up to four levels, which changes probabilities in the third digit. Which
//! further formats there are is up to the host, by the features of the `image`
//! crate. Its `DynamicImage` would do the same and bring each of its operations
//! for each of ten types of pixels into the page. Opening files is not here.

use std::io::Cursor;

use image::{ColorType, ImageDecoder, ImageReader};

use super::torn::ends_early;
use super::{Decoded, ImageError, PixelFormat};

/// Decodes the bytes of a picture file; the format is told by its content.
/// Pictures of more than `max_pixels` are refused before any memory is taken. A JPEG
/// that ends early is decoded as far as it goes, and [`Decoded::is_torn`] says so.
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
    let colour = decoder.color_type();
    let length = usize::try_from(decoder.total_bytes()).map_err(|error| broken(&error))?;
    let mut data = vec![0; length];
    decoder.read_image(&mut data).map_err(|error| broken(&error))?;
    let (format, data) = eight_bits(colour, data)
        .ok_or_else(|| broken(&format!("its pixels are {colour:?}, which is not read")))?;
    let decoded = Decoded::new(width as usize, height as usize, format, data)?;
    Ok(decoded.torn(ends_early(bytes)).upright(orientation))
}

/// Grey, RGB or RGBA of one byte each. None where the colour type is none of those that
/// the `image` crate has today.
fn eight_bits(colour: ColorType, data: Vec<u8>) -> Option<(PixelFormat, Vec<u8>)> {
    let data = match colour {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => data,
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => {
            let (values, _) = data.as_chunks();
            values.iter().map(|bytes| rounded(u16::from_ne_bytes(*bytes))).collect()
        }
        ColorType::Rgb32F | ColorType::Rgba32F => {
            let (values, _) = data.as_chunks();
            let value = |bytes: &[u8; 4]| f32::from_ne_bytes(*bytes).clamp(0.0, 1.0);
            values.iter().map(|bytes| (value(bytes) * 255.0).round() as u8).collect()
        }
        _ => return None,
    };
    Some(match colour.channel_count() {
        1 => (PixelFormat::L8, data),
        2 => {
            let (values, _) = data.as_chunks();
            let spread = |&[grey, alpha]: &[u8; 2]| [grey, grey, grey, alpha];
            (PixelFormat::Rgba8, values.iter().flat_map(spread).collect())
        }
        3 => (PixelFormat::Rgb8, data),
        _ => (PixelFormat::Rgba8, data),
    })
}

/// The nearest of 256 levels to one of 65,536.
fn rounded(value: u16) -> u8 {
    ((u32::from(value) + 128) / 257) as u8
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgb, Rgba};

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
        assert_eq!((grey.width(), grey.height(), grey.format()), (3, 2, PixelFormat::L8));
        assert_eq!(grey.data(), [7; 6]);
        let deep = decode_bytes(&png(ImageBuffer::from_pixel(1, 1, Luma([0x8080u16])))).unwrap();
        assert_eq!((deep.format(), deep.data()), (PixelFormat::L8, &[0x80][..]));
        let deep = decode_bytes(&png(ImageBuffer::from_pixel(1, 1, Rgb([0xffffu16, 0, 0x4040]))));
        assert_eq!(deep.unwrap().data(), [255, 0, 0x40]);
        let clear =
            decode_bytes(&png(ImageBuffer::from_pixel(1, 1, Rgba([1u8, 2, 3, 4])))).unwrap();
        assert_eq!((clear.format(), clear.data()), (PixelFormat::Rgba8, &[1, 2, 3, 4][..]));
        let clear = decode_bytes(&png(ImageBuffer::from_pixel(1, 1, LumaA([9u8, 4])))).unwrap();
        assert_eq!(clear.data(), [9, 9, 9, 4]);
    }

    #[test]
    fn deep_pixels_are_rounded_as_the_image_crate_does() {
        let all = ImageBuffer::from_fn(256, 256, |x, y| Luma([(y * 256 + x) as u16]));
        let theirs = DynamicImage::from(all.clone()).into_luma8();
        assert_eq!(decode_bytes(&png(all)).unwrap().data(), theirs.as_raw());
        let deep = ImageBuffer::from_fn(999, 1, |x, _| {
            Rgba([x as f32 / 900.0, 0.3, -1.0, 2.0].map(|value| value * 1.0001))
        });
        let bytes = deep.as_raw().iter().flat_map(|value| value.to_ne_bytes()).collect();
        let ours = eight_bits(ColorType::Rgba32F, bytes).unwrap().1;
        assert_eq!(ours, DynamicImage::from(deep).into_rgba8().into_raw());
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
