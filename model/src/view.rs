//! The views of a picture whose features are averaged.
//!
//! A network that halves its maps by taking maxima sees a picture that was moved by a pixel as
//! another one (Zhang 2019, "Making Convolutional Networks Shift-Invariant Again"). The mean over
//! moved pictures, or over a picture and its mirror image, is steadier: testing with several crops
//! (Krizhevsky et al. 2012, section 4.1), for support and queries alike.

use crate::ImageConfig;

/// What is seen of a picture: rows and columns of it, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// S of them.
    pub rows: Vec<usize>,
    /// S of them.
    pub columns: Vec<usize>,
}

/// Rows and columns that a picture is moved by, in steps of [`ImageConfig::shift`].
const MOVES: [(isize, isize); 5] = [(0, 0), (0, -1), (0, 1), (-1, 0), (1, 0)];

impl ImageConfig {
    /// The views that a feature is the mean of; the picture as it is comes first, and alone where
    /// nothing else is asked for.
    pub fn views(&self) -> Vec<View> {
        let moves = if self.shift == 0 { &MOVES[..1] } else { &MOVES };
        let mut views = Vec::new();
        for (down, right) in moves {
            let view = View { rows: self.moved(*down), columns: self.moved(*right) };
            views.push(view.clone());
            if self.mirror {
                let columns = view.columns.into_iter().rev().collect();
                views.push(View { columns, ..view });
            }
        }
        views
    }

    /// The picture's border goes on where a moved one shows what lies beyond it.
    fn moved(&self, steps: isize) -> Vec<usize> {
        let by = steps * self.shift as isize;
        (0..self.size).map(|place| place.saturating_add_signed(by).min(self.size - 1)).collect()
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
    fn without_anything_asked_for_there_is_the_picture_alone() {
        assert_eq!(views(0, false), [View { rows: vec![0, 1, 2, 3], columns: vec![0, 1, 2, 3] }]);
    }

    #[test]
    fn moved_pictures_repeat_their_border_and_each_has_its_mirror_image() {
        let seen = views(2, true);
        assert_eq!((seen.len(), &seen[0]), (10, &views(0, false)[0]));
        for pair in seen.chunks(2) {
            let columns: Vec<_> = pair[0].columns.iter().rev().copied().collect();
            assert_eq!((&pair[0].rows, columns), (&pair[1].rows, pair[1].columns.clone()));
        }
        let plain: Vec<_> = views(2, false);
        let sides = |axis: fn(&View) -> &Vec<usize>| -> Vec<Vec<usize>> {
            plain.iter().map(axis).filter(|axis| **axis != [0, 1, 2, 3]).cloned().collect()
        };
        let moved = [vec![0, 0, 0, 1], vec![2, 3, 3, 3]];
        assert_eq!(sides(|view| &view.rows), moved);
        assert_eq!(sides(|view| &view.columns), moved);
    }
}
