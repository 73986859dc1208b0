//! The numbers of a model: tensors under the names PyTorch's modules give them.

use std::collections::BTreeMap;

use candle_core::{Device, Shape, Tensor, Var};

use crate::{Error, Result};

/// Named tensors, f32, in the order of their names.
///
/// Clones share their storage, so a network built from variables sees each
/// update of an optimizer.
#[derive(Clone, Debug, Default)]
pub struct Parameters(BTreeMap<String, Tensor>);

impl Parameters {
    /// The tensor `name`.
    ///
    /// # Errors
    /// If it is missing or not of `shape`.
    pub fn get(&self, name: &str, shape: impl Into<Shape>) -> Result<Tensor> {
        let expected = shape.into();
        let tensor = self.find(name).ok_or_else(|| Error::MissingTensor(name.into()))?;
        if tensor.shape() != &expected {
            return Err(Error::Shape {
                name: name.into(),
                expected,
                actual: tensor.shape().clone(),
            });
        }
        Ok(tensor.clone())
    }

    /// The tensor `name`, whatever its shape.
    pub fn find(&self, name: &str) -> Option<&Tensor> {
        self.0.get(name)
    }

    /// Adds or replaces a tensor.
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) {
        self.0.insert(name.into(), tensor);
    }

    /// Removes every tensor whose name starts with `prefix`.
    pub fn remove_prefix(&mut self, prefix: &str) {
        self.0.retain(|name, _| !name.starts_with(prefix));
    }

    /// Adds every tensor of `other`, replacing those of the same name.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Names and tensors, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.0.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// How many numbers there are in all.
    pub fn element_count(&self) -> usize {
        self.0.values().map(Tensor::elem_count).sum()
    }

    /// A copy with storage of its own in which every tensor is a variable.
    pub fn to_variables(&self) -> Result<Self> {
        self.map(|tensor| Ok(Var::from_tensor(&tensor.copy()?.detach())?.into_inner()))
    }

    /// A copy with storage of its own in which nothing is a variable.
    pub fn snapshot(&self) -> Result<Self> {
        self.map(|tensor| Ok(tensor.copy()?.detach()))
    }

    /// The same numbers on `device`.
    pub fn to_device(&self, device: &Device) -> Result<Self> {
        self.map(|tensor| Ok(tensor.to_device(device)?))
    }

    /// The variables an optimizer updates: all but the running statistics and
    /// what is measured (the feature transform, a covariance).
    pub fn trainable(&self) -> Result<Vec<(String, Var)>> {
        const MEASURED: [&str; 2] = ["transform.", "generator.covariance."];
        let trained = |name: &str| {
            !name.contains("running_") && !MEASURED.iter().any(|prefix| name.starts_with(prefix))
        };
        self.iter()
            .filter(|(name, tensor)| tensor.is_variable() && trained(name))
            .map(|(name, tensor)| Ok((name.to_owned(), Var::from_tensor(tensor)?)))
            .collect()
    }

    fn map(&self, convert: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Self> {
        let converted = self.0.iter().map(|(name, tensor)| Ok((name.clone(), convert(tensor)?)));
        Ok(Self(converted.collect::<Result<_>>()?))
    }
}

impl FromIterator<(String, Tensor)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (String, Tensor)>>(tensors: I) -> Self {
        Self(tensors.into_iter().collect())
    }
}
