//! Queries in, probabilities and their reasons out.

use candle_core::Tensor;

use super::Classifier;
use crate::{
    Distance, Error, Result, acquisition, distance, head, least::least, metrics, rejection,
};

/// How many support pictures a prediction names at most.
pub const NEIGHBOURS: usize = 5;

/// What is said about one query. Classes are counted as in [`Classifier::active`].
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Of each class; their sum is 1.
    pub probabilities: Vec<f32>,
    /// The same had nothing been hallucinated.
    pub plain: Vec<f32>,
    /// The most probable class; none where two share the highest probability.
    pub label: Option<usize>,
    /// The nearest support pictures, nearest first, at most [`NEIGHBOURS`].
    pub nearest: Vec<Neighbour>,
    /// How strange the query is to every class, see [`rejection::scores`]; above
    /// the model's threshold it is "none of these".
    pub rejection_score: f32,
}

/// A support picture near a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    /// Its class, as in [`Classifier::active`].
    pub class: usize,
    /// The picture.
    pub example: String,
    /// By the distance of the settings.
    pub distance: f32,
}

impl Classifier {
    /// A prediction for each query.
    ///
    /// # Shapes
    /// - queries: (Q, D), f32, on the CPU
    ///
    /// # Errors
    /// [`Error::NoExamples`] where no class has a picture; if D is not the model's.
    pub fn predict(&mut self, queries: &Tensor) -> Result<Vec<Prediction>> {
        self.check_queries(queries)?;
        let (distance, temperature) = (self.settings.distance, self.settings.temperature);
        self.prepared()?;
        let Some(prepared) = self.prepared.as_ref().filter(|_| queries.dims()[0] > 0) else {
            return Ok(Vec::new());
        };
        let probabilities =
            |learned| head::probabilities(&self.scores(learned, queries)?, temperature);
        let plain = probabilities(&prepared.plain)?;
        let with_hallucinated = match &prepared.hallucinated {
            Some((_made, learned)) => probabilities(learned)?,
            None => plain.clone(),
        };
        let real = prepared.plain.support.features();
        let to_support = distance.pairwise(queries, real)?.to_vec2::<f32>()?;
        let strangeness = rejection::scores(queries, &prepared.means, &prepared.shots)?;
        let rows = with_hallucinated.into_iter().zip(plain).zip(to_support).zip(strangeness);
        Ok(rows
            .map(|(((probabilities, plain), distances), rejection_score)| Prediction {
                label: metrics::decide(&probabilities),
                probabilities,
                plain,
                nearest: nearest(&distances, &prepared.owners),
                rejection_score,
            })
            .collect())
    }

    /// The probability of each class for each query, Q rows of N.
    ///
    /// # Shapes
    /// - queries: (Q, D), f32, on the CPU
    ///
    /// # Errors
    /// As [`Self::predict`].
    pub fn probabilities(&mut self, queries: &Tensor) -> Result<Vec<Vec<f32>>> {
        self.check_queries(queries)?;
        self.prepared()?;
        let Some(prepared) = self.prepared.as_ref().filter(|_| queries.dims()[0] > 0) else {
            return Ok(Vec::new());
        };
        let scores = self.scores(prepared.learned(), queries)?;
        head::probabilities(&scores, self.settings.temperature)
    }

    /// The queries whose label would teach the most, at most `count`, the most doubtful
    /// first: see [`acquisition`].
    ///
    /// # Shapes
    /// - queries: (Q, D), f32, on the CPU
    ///
    /// # Errors
    /// As [`Self::predict`].
    pub fn next_to_label(&mut self, queries: &Tensor, count: usize) -> Result<Vec<usize>> {
        let probabilities = self.probabilities(queries)?;
        if self.settings.distance == Distance::Cosine {
            let directions = distance::normalise(queries)?;
            return acquisition::most_helpful(&directions, &probabilities, count);
        }
        acquisition::most_helpful(queries, &probabilities, count)
    }

    pub(super) fn check_queries(&self, queries: &Tensor) -> Result<()> {
        let (n_query, dim) = queries.dims2()?;
        if dim == self.dim {
            return Ok(());
        }
        Err(Error::Shape {
            name: "queries".into(),
            expected: (n_query, self.dim).into(),
            actual: queries.shape().clone(),
        })
    }
}

fn nearest(distances: &[f32], owners: &[(usize, String)]) -> Vec<Neighbour> {
    let neighbour = |index: usize| {
        let (class, example) = &owners[index];
        Neighbour { class: *class, example: example.clone(), distance: distances[index] }
    };
    least(distances, NEIGHBOURS).into_iter().map(neighbour).collect()
}
