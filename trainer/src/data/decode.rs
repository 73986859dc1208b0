//! Picture files by name: what counts as a picture, and errors that name the
//! file. Decoding itself is [`fewshot::image::decode`], shared with the page;
//! the trainer's features of the `image` crate add BMP, GIF, TIFF and WebP to it.

use std::path::Path;

use anyhow::{Context, Result};
use fewshot::image::{Decoded, decode};

/// File name extensions that count as pictures when a folder is listed.
pub const EXTENSIONS: [&str; 10] =
    ["png", "jpg", "jpeg", "jpe", "jfif", "bmp", "gif", "webp", "tif", "tiff"];

/// The formats of [`EXTENSIONS`], in words.
pub const READ: &str = "PNG, JPEG, WebP, GIF, BMP and TIFF";

/// Pictures of more are refused before memory is taken for them: no camera makes as
/// many, and a file of a few bytes can claim any number.
const MAX_PIXELS: usize = 250_000_000;

/// Whether a file name has one of [`EXTENSIONS`], in either case.
#[must_use]
pub fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|found| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(found)))
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
            "{} is broken or not a picture; replace or remove it ({READ} are read)",
            path.display()
        )
    })
}

/// Decodes the bytes of a picture file; the format is told by its content.
///
/// # Errors
/// Where the format is unknown or the content is broken.
pub fn decode_bytes(bytes: &[u8]) -> Result<Decoded> {
    Ok(decode(bytes, MAX_PIXELS)?)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageBuffer, Luma, Rgba};

    use super::*;

    fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
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
    fn every_format_that_counts_as_a_picture_is_read() {
        use image::ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
        let picture =
            DynamicImage::from(ImageBuffer::from_pixel(4, 4, image::Rgb([200u8, 90, 30])));
        for (format, ending) in [
            (Png, "png"),
            (Jpeg, "jfif"),
            (Bmp, "bmp"),
            (Gif, "gif"),
            (WebP, "webp"),
            (Tiff, "tif"),
        ] {
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, format).unwrap();
            let decoded = decode_bytes(&bytes.into_inner()).unwrap();
            assert!(decoded.data()[0].abs_diff(200) < 4, "{ending}");
            assert!(is_picture(Path::new("a").with_extension(ending).as_path()), "{ending}");
        }
        assert!(!is_picture(Path::new("a.heic")) && is_picture(Path::new("A.TIFF")));
    }

    /// As a camera held on its side marks it.
    #[test]
    fn every_format_with_an_orientation_comes_upright() {
        use image::ImageEncoder;
        use image::codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder};
        // One entry of TIFF's: orientation (0x0112), a short, 6: turned by a quarter.
        let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let lying = image::RgbImage::from_fn(16, 8, |x, _| {
            image::Rgb(if x < 8 { [250, 0, 0] } else { [0, 0, 250] })
        });
        fn encoded(mut encoder: impl ImageEncoder, lying: &image::RgbImage, exif: &[u8]) {
            encoder.set_exif_metadata(exif.to_vec()).unwrap();
            encoder.write_image(lying, 16, 8, image::ExtendedColorType::Rgb8).unwrap();
        }
        let [mut jpeg, mut png, mut webp] = [const { Vec::new() }; 3];
        encoded(JpegEncoder::new_with_quality(&mut jpeg, 100), &lying, exif);
        encoded(PngEncoder::new(&mut png), &lying, exif);
        encoded(WebPEncoder::new_lossless(&mut webp), &lying, exif);
        for (name, bytes) in [("JPEG", jpeg), ("PNG", png), ("WebP", webp)] {
            let upright = decode_bytes(&bytes).unwrap();
            assert_eq!((upright.width(), upright.height()), (8, 16), "{name}");
            let (first, last) = (&upright.data()[..3], &upright.data()[8 * 16 * 3 - 3..]);
            assert!(first[0] > 240 && last[2] > 240, "{name}: {first:?} to {last:?}");
        }
    }

    #[test]
    fn no_format_gives_half_a_picture_for_a_whole_one() {
        use image::ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
        let picture = DynamicImage::from(image::RgbImage::from_fn(64, 64, |x, y| {
            image::Rgb([(x * y * 7) as u8, ((x * 31) ^ (y * 17)) as u8, (y * y) as u8])
        }));
        for format in [Png, Jpeg, Bmp, Gif, WebP, Tiff] {
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, format).unwrap();
            let whole = bytes.into_inner();
            assert!(decode_bytes(&whole).is_ok_and(|whole| !whole.is_torn()), "{format:?}");
            for percent in [30, 50, 70, 90] {
                let part = &whole[..whole.len() * percent / 100];
                let noticed = decode_bytes(part).map_or(true, |part| part.is_torn());
                assert!(noticed, "{percent} % of {format:?}");
            }
        }
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
