//! One class: its pictures' features, and what was hallucinated from them.

use candle_core::{Device, Tensor, TensorId};

use crate::{
    Error, Generator, Result, Seeds,
    kernels::rows::{join, stack},
    rng,
};

/// A picture of a class.
#[derive(Clone, Debug)]
pub struct Example {
    /// Names the picture; unique in a classifier.
    pub id: String,
    /// What people call it; two pictures may be called the same.
    pub name: String,
    /// Its feature, (D), f32, on the CPU.
    pub feature: Tensor,
}

/// A class and its pictures.
#[derive(Clone, Debug, Default)]
pub struct ClassExamples {
    /// Names the class for as long as it lives; unique in a classifier.
    pub id: String,
    /// What people call it; two classes may be called the same.
    pub name: String,
    /// The support, in the order it was given.
    pub examples: Vec<Example>,
}

/// A class with what has been hallucinated for it so far.
#[derive(Clone, Debug)]
pub(super) struct Class {
    pub(super) content: ClassExamples,
    pub(super) hallucinated: Option<Hallucinated>,
}

/// Kept as long as the seed and the pictures it started from are the same.
#[derive(Clone, Debug)]
pub(super) struct Hallucinated {
    seed: u64,
    from: Vec<TensorId>,
    /// (M, D) for the largest M asked for.
    features: Tensor,
}

impl Example {
    /// A picture that is called by its id.
    pub fn new(id: impl Into<String>, feature: Tensor) -> Self {
        let id = id.into();
        Self { name: id.clone(), id, feature }
    }

    /// # Errors
    /// If the feature is not `dim` finite f32 numbers.
    pub(super) fn check(&self, dim: usize) -> Result<()> {
        if self.feature.dims() != [dim] {
            return Err(Error::Shape {
                name: format!("feature of {}", self.id),
                expected: dim.into(),
                actual: self.feature.shape().clone(),
            });
        }
        if self.feature.to_vec1::<f32>()?.iter().all(|value| value.is_finite()) {
            Ok(())
        } else {
            Err(Error::NotFinite(format!("feature of {}", self.id)))
        }
    }
}

impl ClassExamples {
    /// The picture hallucinations start from: drawn by `seed`, as the one whose
    /// hash of (seed, class, picture) is smallest. So the order of adding does
    /// not matter, and a further picture changes the draw only if it wins it.
    pub fn seed_example(&self, seed: u64) -> Option<&Example> {
        let seed = seed.to_string();
        self.examples.iter().min_by_key(|example| rng::stream_of(&[&seed, &self.id, &example.id]))
    }

    /// Whether it is the same class with the same tensors, whatever it is called.
    pub(super) fn same_pictures(&self, other: &Self) -> bool {
        let same = |a: &Example, b: &Example| a.id == b.id && a.feature.id() == b.feature.id();
        self.id == other.id
            && self.examples.len() == other.examples.len()
            && self.examples.iter().zip(&other.examples).all(|(a, b)| same(a, b))
    }

    /// All features, (K, D).
    ///
    /// # Errors
    /// If there are none.
    pub fn features(&self) -> Result<Tensor> {
        stack(self.examples.iter().map(|example| &example.feature))
    }
}

impl Class {
    pub(super) fn new(content: ClassExamples) -> Self {
        Self { content, hallucinated: None }
    }

    /// The first `count` hallucinations, (M, D). The noise of the m-th is a
    /// function of (seed, class, m) alone: raising M keeps the first ones, and
    /// other classes do not move them.
    ///
    /// # Errors
    /// If the class has no pictures.
    pub(super) fn hallucinate(
        &mut self,
        generator: &Generator,
        count: usize,
        seed: u64,
    ) -> Result<Tensor> {
        let starts: Vec<&Tensor> = match generator.config().seeds {
            Seeds::Drawn => {
                self.content.seed_example(seed).map(|drawn| &drawn.feature).into_iter().collect()
            }
            Seeds::Mean => self.content.examples.iter().map(|example| &example.feature).collect(),
        };
        if starts.is_empty() {
            return Err(Error::NoExamples);
        }
        let from: Vec<TensorId> = starts.iter().map(|start| start.id()).collect();
        let cached = self
            .hallucinated
            .take()
            .filter(|cached| cached.seed == seed && cached.from == from)
            .map(|cached| cached.features);
        let have = cached.as_ref().map_or(0, |features| features.dims()[0]);
        let features = match cached {
            Some(features) if have >= count => features,
            cached => {
                let start = generator.seeds(&stack(starts)?.unsqueeze(0)?, |_shots| 0)?;
                let noise = noise(&self.content.id, have..count, start.elem_count(), seed)?;
                let fresh = generator.hallucinate(&start, &noise)?.squeeze(0)?;
                match cached {
                    Some(cached) => join([&cached, &fresh])?,
                    None => fresh,
                }
            }
        };
        let wanted = features.narrow(0, 0, count)?;
        self.hallucinated = Some(Hallucinated { seed, from, features });
        Ok(wanted)
    }
}

/// Standard normal noise of the given hallucinations of a class, (1, M, D).
fn noise(class: &str, numbers: std::ops::Range<usize>, dim: usize, seed: u64) -> Result<Tensor> {
    let count = numbers.len();
    let values: Vec<f32> = numbers
        .flat_map(|number| {
            let stream = rng::stream_of(&["hallucination", class, &number.to_string()]);
            rng::normal_values(&mut rng::rng(seed, stream), dim)
        })
        .collect();
    Ok(Tensor::from_vec(values, (1, count, dim), &Device::Cpu)?)
}
