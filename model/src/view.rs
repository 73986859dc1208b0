//! The views of a picture whose features are averaged.
//!
//! A network that halves its maps by taking maxima sees a picture that was moved by a pixel as
//! another one (Zhang 2019, "Making Convolutional Networks Shift-Invariant Again"). The mean over
//! moved pictures, or over a picture and its mirror image, is steadier: testing with several crops
//! (Krizhevsky et al. 2012, section 4.1), for support and queries alike.

use crate::ImageConfig;

/// The views that a feature is the mean of, numbered from 0: the picture as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Views {
    shift: usize,
    mirror: bool,
}

/// How a picture is looked at: moved, its border going on where it shows what lies beyond, and
/// then perhaps mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Pixels; what is seen in a row lies so many rows further down in the picture.
    down: isize,
    /// Pixels; what is seen in a column lies so many columns further right.
    right: isize,
    /// Whether left and right change places.
    mirrored: bool,
}

/// Steps down and to the right.
const MOVES: [[isize; 2]; 5] = [[0, 0], [0, -1], [0, 1], [-1, 0], [1, 0]];

impl ImageConfig {
    /// The views that a feature is the mean of; the picture as it is comes first, and alone where
    /// nothing else is asked for.
    pub fn views(&self) -> Vec<View> {
        let views = Views::of(self);
        (0..views.count()).map(|number| views.view(number)).collect()
    }
}

impl Views {
    pub fn of(image: &ImageConfig) -> Self {
        Self { shift: image.shift, mirror: image.mirror }
    }

    pub fn count(self) -> usize {
        let moves = if self.shift > 0 { MOVES.len() } else { 1 };
        moves << usize::from(self.mirror)
    }

    pub fn view(self, number: usize) -> View {
        let mirror = usize::from(self.mirror);
        let [down, right] = MOVES[number >> mirror].map(|steps| steps * self.shift as isize);
        View { down, right, mirrored: number & mirror > 0 }
    }
}

impl View {
    /// The place in a picture that `row` and `column` of the view show; `height` and `width` are
    /// the picture's.
    pub(crate) fn place(
        self,
        [row, column]: [usize; 2],
        [height, width]: [usize; 2],
    ) -> [usize; 2] {
        let column = if self.mirrored { width - 1 - column } else { column };
        let moved =
            |from: usize, by: isize, size: usize| from.saturating_add_signed(by).min(size - 1);
        [moved(row, self.down, height), moved(column, self.right, width)]
    }

    /// The picture's row that each row of the view shows, of a picture of `size` pixels.
    pub fn rows(self, size: usize) -> Vec<usize> {
        (0..size).map(|row| self.place([row, 0], [size, 1])[0]).collect()
    }

    /// The picture's column that each column of the view shows.
    pub fn columns(self, size: usize) -> Vec<usize> {
        (0..size).map(|column| self.place([0, column], [1, size])[1]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModelConfig;

    fn views(shift: usize, mirror: bool) -> Vec<View> {
        ImageConfig { shift, mirror, ..ModelConfig::new(4, 1).image }.views()
    }

    #[test]
    fn the_picture_as_it_is_comes_first_and_alone_where_nothing_is_asked_for() {
        let plain = View { down: 0, right: 0, mirrored: false };
        assert_eq!(views(0, false), [plain]);
        assert_eq!(views(0, true), [plain, View { mirrored: true, ..plain }]);
        assert_eq!(views(3, true)[..2], views(0, true));
        assert_eq!(views(3, false).len(), 5);
    }

    #[test]
    fn moved_pictures_repeat_their_border_and_each_has_its_mirror_image() {
        let all = views(2, true);
        assert_eq!(all.len(), 10);
        let as_it_is = [0, 1, 2, 3];
        let mut moved = Vec::new();
        for pair in all.chunks(2) {
            let [rows, columns] = [pair[0].rows(4), pair[0].columns(4)];
            let mirrored: Vec<_> = columns.iter().rev().copied().collect();
            assert_eq!((pair[1].rows(4), pair[1].columns(4)), (rows.clone(), mirrored));
            assert!(rows == as_it_is || columns == as_it_is);
            moved.push([rows, columns].concat());
        }
        moved.sort();
        let [before, after] = [[0, 0, 0, 1], [2, 3, 3, 3]];
        let mut expected = [
            [as_it_is, as_it_is],
            [as_it_is, before],
            [as_it_is, after],
            [before, as_it_is],
            [after, as_it_is],
        ]
        .map(|axes| axes.concat());
        expected.sort();
        assert_eq!(moved, expected);
    }
}
