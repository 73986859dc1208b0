//! Operations of training on NVIDIA GPUs, each with a gradient of its own.
//!
//! What candle has for them is right (but for its max-pool, whose gradient is a quarter of the
//! right one) and slow: windows written out in main memory for each convolution and its two
//! gradients, BatchNorm as a dozen passes over the map, indices divided out anew for each value.
//! `kernels.cu` holds what is done instead; without a GPU `tests/cuda` holds it against plain loops,
//! with one `tests/gpu.rs` holds these operations against those of the CPU.

mod batch_norm;
mod convolution;
mod kernel;
mod max_pool;
mod optimizer;

pub(crate) use batch_norm::{batch_norm, normalise};
pub(crate) use convolution::convolve;
pub(crate) use max_pool::max_pool;
pub use optimizer::{Betas, adam, nesterov};
