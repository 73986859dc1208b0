//! JPEG files that end before their picture does. Decoders fill what is missing with
//! grey and say nothing; those of the other formats refuse such a file.

/// Whether these are the bytes of a JPEG without its end: a download or a copy that
/// broke off. Markers are followed from the first to the end of the picture, past the
/// thumbnails that some segments hold.
pub(super) fn ends_early(bytes: &[u8]) -> bool {
    const START: [u8; 2] = [0xff, 0xd8];
    if !bytes.starts_with(&START) {
        return false;
    }
    let mut rest = &bytes[START.len()..];
    while let Some(at) = rest.iter().position(|byte| *byte == 0xff) {
        rest = &rest[at + 1..];
        let skipped = match rest {
            [0xd9, ..] => return false,
            // A byte of 255 among the data, a restart, or a marker without a segment.
            [0x00 | 0x01 | 0xd0..=0xd8, ..] => 1,
            // Padding before a marker: the next round begins with it.
            [0xff, ..] => 0,
            [_, high, low, ..] => 1 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => return true,
        };
        let Some(after) = rest.get(skipped..) else { return true };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, RgbImage};

    use super::*;

    #[test]
    fn every_cut_of_a_jpeg_is_seen_and_no_whole_one_is_blamed() {
        let picture =
            RgbImage::from_fn(40, 30, |x, y| image::Rgb([(x * y) as u8, (x * 6) as u8, 255]));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        let whole = bytes.into_inner();
        assert!(!ends_early(&whole));
        for length in 2..whole.len() {
            assert!(ends_early(&whole[..length]), "{length} of {} bytes", whole.len());
        }
        // What cameras append does not belong to the picture, and a thumbnail's end is not
        // the picture's.
        let appended = [&whole[..], &[0, 0xff, 0xd8, 7]].concat();
        assert!(!ends_early(&appended));
        let thumbnail = [0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
        let with = [&whole[..2], &thumbnail, &whole[2..]].concat();
        assert!(!ends_early(&with) && ends_early(&with[..with.len() - 2]));
        assert!(!ends_early(b"\x89PNG\r\n") && !ends_early(b""));
    }
}
