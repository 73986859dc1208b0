//! The views of a picture whose features are averaged.
//!
//! A network that halves its maps by taking maxima sees a picture that was moved by a pixel as
//! another one (Zhang 2019, "Making Convolutional Networks Shift-Invariant Again"). The mean over
//! moved pictures, or over a picture and its mirror image, is steadier: testing with several crops
//! (Krizhevsky et al. 2012, section 4.1), for support and queries alike.

use crate::ImageConfig;

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

impl ImageConfig {
    /// The views that a feature is the mean of; the picture as it is comes first, and alone where
    /// nothing else is asked for.
    pub fn views(&self) -> Vec<View> {
        let by = self.shift as isize;
        let moves = [(0, 0), (0, -by), (0, by), (-by, 0), (by, 0)];
        let mut views = Vec::new();
        for (down, right) in moves.into_iter().take(if by == 0 { 1 } else { moves.len() }) {
            views.push(View { down, right, mirrored: false });
            if self.mirror {
                views.push(View { down, right, mirrored: true });
            }
        }
        views
    }
}

impl View {
    /// The picture's row that each row of the view shows, of a picture of `size` pixels.
    pub fn rows(self, size: usize) -> Vec<usize> {
        places(size, self.down, false)
    }

    /// The picture's column that each column of the view shows.
    pub fn columns(self, size: usize) -> Vec<usize> {
        places(size, self.right, self.mirrored)
    }
}

fn places(size: usize, by: isize, mirrored: bool) -> Vec<usize> {
    let last = size.saturating_sub(1);
    let place = |seen: usize| {
        let seen = if mirrored { last - seen } else { seen };
        seen.saturating_add_signed(by).min(last)
    };
    (0..size).map(place).collect()
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
