//! SGD with Nesterov's momentum and Adam, with a state that can be kept: what
//! candle-nn's own do not give away, and a run must save to go on exactly.
//!
//! Both follow PyTorch's formulas. Weight decay leaves vectors (biases and
//! BatchNorm) alone.

use anyhow::Result;
use candle_core::{Tensor, Var, backprop::GradStore};
use fewshot::Parameters;

use crate::recipe::Optimizer as Kind;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// One of the two, over a set of variables.
#[derive(Debug)]
pub(crate) struct Optimizer {
    kind: Kind,
    slots: Vec<Slot>,
}

/// A variable and what the optimizer remembers of its gradients.
#[derive(Debug)]
struct Slot {
    name: String,
    var: Var,
    /// The momentum, or Adam's mean of gradients.
    first: Tensor,
    /// Adam's mean of squared gradients.
    second: Option<Tensor>,
}

impl Optimizer {
    /// Starts afresh, or where `kept` (from [`Self::state`]) left off.
    ///
    /// # Errors
    /// If `kept` lacks a variable's state.
    pub fn new(kind: &Kind, vars: Vec<(String, Var)>, kept: Option<&Parameters>) -> Result<Self> {
        let slot = |(name, var): (String, Var)| -> Result<Slot> {
            let memory = |which: &str| -> Result<Tensor> {
                match kept {
                    Some(kept) => {
                        let tensor = kept.get(&format!("{which}.{name}"), var.shape().clone())?;
                        Ok(tensor.to_device(var.device())?)
                    }
                    None => Ok(var.zeros_like()?.detach()),
                }
            };
            let first = memory("first")?;
            let second = matches!(kind, Kind::Adam { .. }).then(|| memory("second")).transpose()?;
            Ok(Slot { name, var, first, second })
        };
        let slots = vars.into_iter().map(slot).collect::<Result<_>>()?;
        Ok(Self { kind: kind.clone(), slots })
    }

    /// Moves every variable that has a gradient; `step` counts from 0.
    pub fn step(&mut self, gradients: &GradStore, rate: f32, step: usize) -> Result<()> {
        let rate = f64::from(rate);
        for slot in &mut self.slots {
            let Some(gradient) = gradients.get(&slot.var) else { continue };
            let decay = match self.kind {
                Kind::Sgd { weight_decay, .. } | Kind::Adam { weight_decay } => weight_decay,
            };
            let gradient = gradient.detach();
            let gradient = if decay > 0.0 && slot.var.rank() > 1 {
                (gradient + (slot.var.as_detached_tensor() * f64::from(decay))?)?
            } else {
                gradient
            };
            let change = match self.kind {
                Kind::Sgd { momentum, .. } => slot.nesterov(&gradient, f64::from(momentum))?,
                Kind::Adam { .. } => slot.adam(&gradient, step)?,
            };
            slot.var.set(&(slot.var.as_detached_tensor() - (change * rate)?)?)?;
        }
        Ok(())
    }

    /// What it remembers, for a run that goes on later.
    pub fn state(&self) -> Parameters {
        let mut state = Parameters::default();
        for slot in &self.slots {
            state.insert(format!("first.{}", slot.name), slot.first.clone());
            if let Some(second) = &slot.second {
                state.insert(format!("second.{}", slot.name), second.clone());
            }
        }
        state
    }
}

impl Slot {
    fn nesterov(&mut self, gradient: &Tensor, momentum: f64) -> Result<Tensor> {
        self.first = ((&self.first * momentum)? + gradient)?;
        Ok((gradient + (&self.first * momentum)?)?)
    }

    fn adam(&mut self, gradient: &Tensor, step: usize) -> Result<Tensor> {
        let count = i32::try_from(step + 1).unwrap_or(i32::MAX);
        let second = match &self.second {
            Some(second) => ((second * BETA_2)? + (gradient.sqr()? * (1.0 - BETA_2))?)?,
            None => (gradient.sqr()? * (1.0 - BETA_2))?,
        };
        self.first = ((&self.first * BETA_1)? + (gradient * (1.0 - BETA_1))?)?;
        let mean = (&self.first / (1.0 - BETA_1.powi(count)))?;
        let deviation = ((&second / (1.0 - BETA_2.powi(count)))?.sqrt()? + EPSILON)?;
        self.second = Some(second);
        Ok((mean / deviation)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    // Made by PyTorch 2.15:
    //   p = torch.nn.Parameter(torch.tensor([[1.0, -2.0], [0.5, 3.0]]))
    //   o = torch.optim.SGD([p], 0.01, momentum=0.9, nesterov=True, weight_decay=0.01)
    //   # or torch.optim.Adam([p], 0.01, weight_decay=0.01)
    //   for _ in range(3): o.zero_grad(); (p ** 3).sum().backward(); o.step()
    //   print(p.flatten().tolist())
    const SGD: [f32; 4] = [0.780895, -3.20175, 0.442262, 1.357828];
    const ADAM: [f32; 4] = [0.970021, -2.030009, 0.470046, 2.970006];

    fn three_steps(kind: &Kind, interrupted: bool) -> Result<Vec<f32>> {
        let var = Var::new(&[[1f32, -2.0], [0.5, 3.0]], &Device::Cpu)?;
        let vars = || vec![("p".to_owned(), var.clone())];
        let mut optimizer = Optimizer::new(kind, vars(), None)?;
        for step in 0..3 {
            if interrupted {
                optimizer = Optimizer::new(kind, vars(), Some(&optimizer.state()))?;
            }
            let gradients = var.powf(3.0)?.sum_all()?.backward()?;
            optimizer.step(&gradients, 0.01, step)?;
        }
        Ok(var.flatten_all()?.to_vec1()?)
    }

    #[test]
    fn three_steps_are_pytorchs_also_when_interrupted() -> Result<()> {
        let sgd = Kind::Sgd { momentum: 0.9, weight_decay: 0.01 };
        let adam = Kind::Adam { weight_decay: 0.01 };
        for (kind, expected) in [(sgd, SGD), (adam, ADAM)] {
            for interrupted in [false, true] {
                let values = three_steps(&kind, interrupted)?;
                for (value, expected) in values.iter().zip(expected) {
                    let tolerance = 1e-5 * expected.abs().max(1.0);
                    assert!((value - expected).abs() < tolerance, "{kind:?}: {values:?}");
                }
            }
        }
        Ok(())
    }
}
