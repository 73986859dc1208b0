//! Everything a drawing of the feature space shows, as one tensor.
//!
//! Placing the points in the plane is [`crate::projection`]'s part.

use candle_core::Tensor;

use super::Classifier;
use crate::{Distance, Result, distance, kernels::rows::join};

/// What a row of [`Scatter::features`] is. Classes are counted as in
/// [`Classifier::active`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// A support picture.
    Support {
        /// Its class.
        class: usize,
        /// The picture.
        example: String,
    },
    /// A hallucinated feature.
    Hallucinated {
        /// Its class.
        class: usize,
    },
    /// The mean of its features, hallucinated ones too: what the head
    /// `prototype` compares queries with.
    Prototype {
        /// Its class.
        class: usize,
    },
    /// A query.
    Query {
        /// Its row in the queries.
        index: usize,
    },
}

/// Points and their features.
#[derive(Clone, Debug)]
pub struct Scatter {
    /// What each row is.
    pub points: Vec<Point>,
    /// (n, D), f32; of length one where the distance is `cosine`, so that what lies
    /// near in a drawing is what the classifier takes for near.
    pub features: Tensor,
}

impl Classifier {
    /// Support pictures, hallucinated features, prototypes and queries, in this order.
    ///
    /// # Shapes
    /// - queries: (Q, D), f32, on the CPU; Q may be 0
    ///
    /// # Errors
    /// As [`Self::predict`].
    pub fn scatter(&mut self, queries: &Tensor) -> Result<Scatter> {
        self.check_queries(queries)?;
        let prepared = self.prepared()?;
        let mut features = vec![prepared.plain.support.features().clone()];
        let mut points: Vec<Point> = prepared
            .owners
            .iter()
            .map(|(class, example)| Point::Support { class: *class, example: example.clone() })
            .collect();
        if let Some((made, _learned)) = &prepared.hallucinated {
            let (ways, count, dim) = made.dims3()?;
            features.push(made.reshape((ways * count, dim))?);
            points.extend((0..ways * count).map(|row| Point::Hallucinated { class: row / count }));
        }
        features.push(prepared.learned().support.means()?);
        points.extend((0..prepared.shots.len()).map(|class| Point::Prototype { class }));
        let n_query = queries.dims()[0];
        if n_query > 0 {
            features.push(queries.clone());
            points.extend((0..n_query).map(|index| Point::Query { index }));
        }
        let features = join(&features)?;
        let features = if self.settings.distance == Distance::Cosine {
            distance::normalise(&features)?
        } else {
            features
        };
        Ok(Scatter { points, features })
    }
}
