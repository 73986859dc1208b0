//! A moving average of the encoder's weights, running statistics included:
//! smoother than the weights themselves, and what pre-training keeps.

use anyhow::Result;
use fewshot::Parameters;

/// The averaged tensors, apart from the variables they follow.
#[derive(Debug)]
pub(super) struct Average {
    decay: f64,
    tensors: Parameters,
}

impl Average {
    /// Starts at the present values, or where `kept` left off.
    pub fn new(decay: f32, live: &Parameters, kept: Option<&Parameters>) -> Result<Self> {
        let mut tensors = Parameters::default();
        for (name, tensor) in live.iter().filter(|(name, _)| name.starts_with("encoder.")) {
            let start = match kept {
                Some(kept) => kept.get(name, tensor.shape().clone())?.to_device(tensor.device())?,
                None => tensor.copy()?.detach(),
            };
            tensors.insert(name, start);
        }
        Ok(Self { decay: f64::from(decay), tensors })
    }

    /// Moves towards the present values; `step` counts from 0. Early on it moves
    /// faster, so that the random start is forgotten.
    pub fn follow(&mut self, live: &Parameters, step: usize) -> Result<()> {
        let decay = self.decay.min((1.0 + step as f64) / (10.0 + step as f64));
        let mut moved = Parameters::default();
        for (name, tensor) in self.tensors.iter() {
            let Some(present) = live.find(name) else { continue };
            let next = ((tensor * decay)? + (present.detach() * (1.0 - decay))?)?;
            moved.insert(name, next);
        }
        self.tensors = moved;
        Ok(())
    }

    /// The averaged tensors.
    pub fn tensors(&self) -> &Parameters {
        &self.tensors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Tensor};

    #[test]
    fn it_follows_at_a_distance() -> Result<()> {
        let mut live = Parameters::default();
        live.insert("encoder.0.0.bias", Tensor::new(&[0f32], &Device::Cpu)?);
        live.insert("generator.linear1.bias", Tensor::new(&[5f32], &Device::Cpu)?);
        let mut average = Average::new(0.5, &live, None)?;
        live.insert("encoder.0.0.bias", Tensor::new(&[8f32], &Device::Cpu)?);
        average.follow(&live, 1000)?;
        average.follow(&live, 1001)?;
        let value = average.tensors().get("encoder.0.0.bias", 1)?.to_vec1::<f32>()?;
        assert_eq!(value, [6.0]);
        assert!(average.tensors().find("generator.linear1.bias").is_none());
        Ok(())
    }
}
