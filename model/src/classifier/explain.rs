//! Where the evidence lies: which parts of a picture a prediction depends on.

use candle_core::{Device, Tensor};

use super::Classifier;
use crate::{Embedder, Error, Result};

/// Pictures embedded at once; bounds the memory of a phone.
const BATCH: usize = 16;

/// What covering each part of a picture does to one class's probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Occlusion {
    /// The grid has `side` rows of `side` cells.
    pub side: usize,
    /// Row by row: the probability of the whole picture less that with this
    /// cell covered. Positive where the picture speaks for the class.
    pub drop: Vec<f32>,
}

impl Classifier {
    /// Covers a picture cell by cell (Zeiler and Fergus 2014, section 4.2) with
    /// a square twice the cell's side, grey as the mean of the training
    /// pictures: a square no larger than the cell hides too little of a line.
    ///
    /// # Shapes
    /// - image: (1, C, S, S), f32, normalised, on the CPU
    /// - class: id of a class that has pictures
    /// - side: cells in a row, 1 to S
    ///
    /// # Errors
    /// If the class takes no part, `side` is out of range, or the image does not
    /// fit the model.
    pub fn occlude(
        &mut self,
        embedder: &Embedder,
        image: &Tensor,
        class: &str,
        side: usize,
    ) -> Result<Occlusion> {
        let (_one, channels, size, _width) = image.dims4()?;
        let class = self
            .active()
            .position(|active| active.id == class)
            .ok_or_else(|| Error::Unknown { what: "class with pictures", id: class.into() })?;
        if !(1..=size).contains(&side) {
            return Err(Error::Argument {
                what: "the side of the grid",
                actual: side.to_string(),
                expected: "1 to the picture's side",
            });
        }
        let pixels = image.flatten_all()?.to_vec1::<f32>()?;
        let mut probability = Vec::with_capacity(side * side);
        let whole = self.probabilities(&embedder.embed(image)?)?[0][class];
        let cells: Vec<usize> = (0..side * side).collect();
        for batch in cells.chunks(BATCH) {
            let mut covered = Vec::with_capacity(batch.len() * pixels.len());
            for cell in batch {
                let (rows, columns) =
                    (square(cell / side, side, size), square(cell % side, side, size));
                let start = covered.len();
                covered.extend_from_slice(&pixels);
                for row in covered[start..].chunks_exact_mut(size).enumerate() {
                    if rows.contains(&(row.0 % size)) {
                        row.1[columns.clone()].fill(0.0);
                    }
                }
            }
            let shape = (batch.len(), channels, size, size);
            let images = Tensor::from_vec(covered, shape, &Device::Cpu)?;
            let rows = self.probabilities(&embedder.embed(&images)?)?;
            probability.extend(rows.iter().map(|row| row[class]));
        }
        Ok(Occlusion { side, drop: probability.iter().map(|covered| whole - covered).collect() })
    }
}

/// The pixels of a square around cell `index` along one axis, cut at the border.
fn square(index: usize, side: usize, size: usize) -> std::ops::Range<usize> {
    let from = |half_cells: usize| half_cells * size / (2 * side);
    from((2 * index).saturating_sub(1))..from(2 * index + 3).min(size)
}

#[cfg(test)]
mod tests {
    use super::square;

    #[test]
    fn squares_cover_twice_their_cell_and_stay_inside() {
        assert_eq!(square(0, 7, 84), 0..18);
        assert_eq!(square(3, 7, 84), 30..54);
        assert_eq!(square(6, 7, 84), 66..84);
        assert_eq!(square(0, 1, 28), 0..28);
        assert!(square(27, 28, 28).contains(&27));
    }
}
