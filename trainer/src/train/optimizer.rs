//! SGD with Nesterov's momentum and Adam, with a state that can be kept: what
//! candle-nn's own do not give away, and a run must save to go on exactly.
//!
//! Both follow PyTorch's formulas. Weight decay leaves vectors (biases and
//! BatchNorm) alone.

use anyhow::{Context, Result};
use candle_core::{Tensor, Var, backprop::GradStore};
use fewshot::Parameters;

use super::in_place::update;
use crate::recipe::Optimizer as Kind;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// One of the two, over a set of variables.
#[derive(Debug)]
pub struct Optimizer {
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
                        // A copy: memories are changed in place.
                        Ok(tensor.to_device(var.device())?.copy()?)
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

    /// The variables it moves.
    pub fn vars(&self) -> impl Iterator<Item = &Var> {
        self.slots.iter().map(|slot| &slot.var)
    }

    /// Moves every variable that has a gradient; `step` counts from 0.
    ///
    /// On the CPU and on NVIDIA GPUs in place, a pass over each array; elsewhere by
    /// candle's own operations. All follow the same formulas.
    ///
    /// # Errors
    /// If a gradient does not fit its variable.
    pub fn step(&mut self, gradients: &GradStore, rate: f32, step: usize) -> Result<()> {
        for slot in &mut self.slots {
            let Some(gradient) = gradients.get(&slot.var) else { continue };
            let gradient = gradient.detach();
            let decay = match self.kind {
                Kind::Sgd { weight_decay, .. } | Kind::Adam { weight_decay } => weight_decay,
            };
            let decay = if slot.var.rank() > 1 { decay } else { 0.0 };
            #[cfg(feature = "cuda")]
            if slot.var.device().is_cuda() {
                slot.on_gpu(&self.kind, &gradient.contiguous()?, rate, step, decay)?;
                continue;
            }
            match (&self.kind, slot.var.device().is_cpu()) {
                (Kind::Sgd { momentum, .. }, true) => {
                    slot.nesterov_in_place(&gradient.contiguous()?, rate, *momentum, decay)?;
                }
                (Kind::Adam { .. }, true) => {
                    slot.adam_in_place(&gradient.contiguous()?, rate, step, decay)?;
                }
                (kind, false) => slot.by_tensors(kind, gradient, rate, step, decay)?,
            }
        }
        Ok(())
    }

    /// What it remembers, for a run that goes on later.
    #[must_use]
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
    fn nesterov_in_place(
        &self,
        gradient: &Tensor,
        rate: f32,
        momentum: f32,
        decay: f32,
    ) -> Result<()> {
        update(&self.first, [gradient, &self.var], move |kept, [gradient, weight]| {
            kept * momentum + gradient + decay * weight
        })?;
        update(&self.var, [gradient, &self.first], move |weight, [gradient, kept]| {
            weight - rate * (gradient + decay * weight + momentum * kept)
        })
    }

    fn adam_in_place(&self, gradient: &Tensor, rate: f32, step: usize, decay: f32) -> Result<()> {
        let [beta_1, beta_2, epsilon] = [BETA_1, BETA_2, EPSILON].map(|value| value as f32);
        let [first_share, second_share] = shares(step).map(|share| 1.0 / share as f32);
        let second = self.second.as_ref().context("Adam's second memory is missing")?;
        update(&self.first, [gradient, &self.var], move |mean, [gradient, weight]| {
            beta_1 * mean + (1.0 - beta_1) * (gradient + decay * weight)
        })?;
        update(second, [gradient, &self.var], move |square, [gradient, weight]| {
            beta_2 * square + (1.0 - beta_2) * (gradient + decay * weight).powi(2)
        })?;
        update(&self.var, [&self.first, second], move |weight, [mean, square]| {
            weight - rate * (mean * first_share) / ((square * second_share).sqrt() + epsilon)
        })
    }

    #[cfg(feature = "cuda")]
    fn on_gpu(
        &self,
        kind: &Kind,
        gradient: &Tensor,
        rate: f32,
        step: usize,
        decay: f32,
    ) -> Result<()> {
        let weight = self.var.as_tensor();
        match kind {
            Kind::Sgd { momentum, .. } => {
                fewshot::gpu::nesterov([weight, &self.first], gradient, (decay, rate), *momentum)?;
            }
            Kind::Adam { .. } => {
                let second = self.second.as_ref().context("Adam's second memory is missing")?;
                let [first, second_beta, epsilon] =
                    [BETA_1, BETA_2, EPSILON].map(|value| value as f32);
                let betas = fewshot::gpu::Betas { first, second: second_beta, epsilon };
                let shares = shares(step).map(|share| 1.0 / share as f32);
                let memories = [weight, &self.first, second];
                fewshot::gpu::adam(memories, gradient, (decay, rate), betas, shares)?;
            }
        }
        Ok(())
    }

    fn by_tensors(
        &mut self,
        kind: &Kind,
        gradient: Tensor,
        rate: f32,
        step: usize,
        decay: f32,
    ) -> Result<()> {
        let weight = self.var.as_detached_tensor();
        let gradient = (gradient + (&weight * f64::from(decay))?)?;
        let change = match kind {
            Kind::Sgd { momentum, .. } => {
                let momentum = f64::from(*momentum);
                self.first = ((&self.first * momentum)? + &gradient)?;
                (gradient + (&self.first * momentum)?)?
            }
            Kind::Adam { .. } => {
                let second = self.second.as_ref().context("Adam's second memory is missing")?;
                let second = ((second * BETA_2)? + (gradient.sqr()? * (1.0 - BETA_2))?)?;
                self.first = ((&self.first * BETA_1)? + (gradient * (1.0 - BETA_1))?)?;
                let [first_share, second_share] = shares(step);
                let deviation = ((&second / second_share)?.sqrt()? + EPSILON)?;
                self.second = Some(second);
                ((&self.first / first_share)? / deviation)?
            }
        };
        Ok(self.var.set(&(weight - (change * f64::from(rate))?)?)?)
    }
}

/// What part of the true means Adam's memories hold after `step`, which start at 0.
fn shares(step: usize) -> [f64; 2] {
    let count = i32::try_from(step + 1).unwrap_or(i32::MAX);
    [BETA_1, BETA_2].map(|beta| 1.0 - beta.powi(count))
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

    fn three_steps(kind: &Kind, interrupted: bool, in_place: bool) -> Result<Vec<f32>> {
        let var = Var::new(&[[1f32, -2.0], [0.5, 3.0]], &Device::Cpu)?;
        let vars = || vec![("p".to_owned(), var.clone())];
        let mut optimizer = Optimizer::new(kind, vars(), None)?;
        for step in 0..3 {
            if interrupted {
                optimizer = Optimizer::new(kind, vars(), Some(&optimizer.state()))?;
            }
            let gradients = var.powf(3.0)?.sum_all()?.backward()?;
            if in_place {
                optimizer.step(&gradients, 0.01, step)?;
            } else {
                let gradient = gradients.get(&var).context("no gradient")?.detach();
                optimizer.slots[0].by_tensors(kind, gradient, 0.01, step, 0.01)?;
            }
        }
        Ok(var.flatten_all()?.to_vec1()?)
    }

    #[test]
    fn three_steps_are_pytorchs_also_when_interrupted() -> Result<()> {
        let sgd = Kind::Sgd { momentum: 0.9, weight_decay: 0.01 };
        let adam = Kind::Adam { weight_decay: 0.01 };
        for (kind, expected) in [(sgd, SGD), (adam, ADAM)] {
            for (interrupted, in_place) in [(false, true), (true, true), (false, false)] {
                let values = three_steps(&kind, interrupted, in_place)?;
                for (value, expected) in values.iter().zip(expected) {
                    let tolerance = 1e-5 * expected.abs().max(1.0);
                    assert!((value - expected).abs() < tolerance, "{kind:?}: {values:?}");
                }
            }
        }
        Ok(())
    }
}
