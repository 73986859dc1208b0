//! Queries in, probabilities and their reasons out.

use candle_core::Tensor;

use super::Classifier;
use crate::{Distance, Error, Result, metrics, prototype, rejection};

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
        let settings = self.settings;
        let prepared = self.prepared()?;
        if queries.dims()[0] == 0 {
            return Ok(Vec::new());
        }
        let distance = settings.distance;
        let softmax = |prototypes: &Tensor| -> Result<Vec<Vec<f32>>> {
            probabilities(queries, prototypes, distance, settings.temperature)
        };
        let plain = softmax(&prepared.plain)?;
        let with_hallucinated = match prepared.hallucinated {
            Some(_) => softmax(&prepared.prototypes)?,
            None => plain.clone(),
        };
        let to_support = distance.pairwise(queries, &prepared.support)?.to_vec2::<f32>()?;
        let strangeness = rejection::scores(queries, &prepared.plain, &prepared.shots)?;
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
        let settings = self.settings;
        let prepared = self.prepared()?;
        if queries.dims()[0] == 0 {
            return Ok(Vec::new());
        }
        probabilities(queries, &prepared.prototypes, settings.distance, settings.temperature)
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

fn probabilities(
    queries: &Tensor,
    prototypes: &Tensor,
    distance: Distance,
    temperature: f32,
) -> Result<Vec<Vec<f32>>> {
    let scores = prototype::scores(queries, prototypes, distance, temperature)?;
    Ok(scores.to_vec2()?.into_iter().map(softmax).collect())
}

fn softmax(mut scores: Vec<f32>) -> Vec<f32> {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|score| *score = (*score - largest).exp());
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
    scores
}

fn nearest(distances: &[f32], owners: &[(usize, String)]) -> Vec<Neighbour> {
    let mut order: Vec<usize> = (0..distances.len()).collect();
    order.sort_by(|a, b| distances[*a].total_cmp(&distances[*b]));
    let neighbour = |index: usize| {
        let (class, example) = &owners[index];
        Neighbour { class: *class, example: example.clone(), distance: distances[index] }
    };
    order.into_iter().take(NEIGHBOURS).map(neighbour).collect()
}
