//! A picture that was decoded: its bytes, and how it is turned and mirrored.

use image::metadata::Orientation;

use super::{ImageError, PixelFormat, Pixels};

/// A decoded picture that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    width: usize,
    height: usize,
    format: PixelFormat,
    data: Vec<u8>,
    torn: bool,
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
        Ok(Self { width, height, format, data, torn: false })
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

    /// Whether its file ended before the picture did: what is missing is blank.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// With what [`Self::is_torn`] says.
    pub(super) fn torn(self, torn: bool) -> Self {
        Self { torn, ..self }
    }

    /// Turned counter-clockwise by quarters of a turn; nothing is resampled.
    #[must_use]
    pub fn turned(self, quarters: u8) -> Self {
        (0..quarters % 4).fold(self, |picture, _| picture.turned_once())
    }

    /// As seen in a mirror that stands beside it: each row from its end to its beginning.
    #[must_use]
    pub fn mirrored(mut self) -> Self {
        let bytes = self.format.bytes();
        for row in self.data.chunks_exact_mut(self.width * bytes) {
            let (mut left, mut right) = (0, self.width - 1);
            while left < right {
                for byte in 0..bytes {
                    row.swap(left * bytes + byte, right * bytes + byte);
                }
                (left, right) = (left + 1, right - 1);
            }
        }
        self
    }

    /// Upright, where `orientation` says how the camera was held.
    pub(super) fn upright(self, orientation: Orientation) -> Self {
        match orientation {
            Orientation::NoTransforms => self,
            Orientation::Rotate90 => self.turned(3),
            Orientation::Rotate180 => self.turned(2),
            Orientation::Rotate270 => self.turned(1),
            Orientation::FlipHorizontal => self.mirrored(),
            Orientation::FlipVertical => self.turned(2).mirrored(),
            Orientation::Rotate90FlipH => self.turned(3).mirrored(),
            Orientation::Rotate270FlipH => self.turned(1).mirrored(),
        }
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
        Self { width: old_height, height: old_width, data, ..self }
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, GrayImage};

    use super::*;

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
    fn every_orientation_is_as_the_image_crate_has_it() {
        for exif in 1..=8 {
            let orientation = Orientation::from_exif(exif).unwrap();
            let data: Vec<u8> = (0..6).collect();
            let ours = Decoded::new(3, 2, PixelFormat::L8, data.clone()).unwrap();
            let ours = ours.upright(orientation);
            let mut theirs = DynamicImage::from(GrayImage::from_raw(3, 2, data).unwrap());
            theirs.apply_orientation(orientation);
            assert_eq!(ours.data(), theirs.as_bytes(), "{exif}");
            assert_eq!(
                (ours.width(), ours.height()),
                (theirs.width() as usize, theirs.height() as usize)
            );
        }
    }
}
