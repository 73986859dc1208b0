//! The backbones' fast path on the CPU and in WebAssembly; that of training on NVIDIA GPUs is in
//! `gpu`.
//!
//! Every backbone but Conv-4 is a [`plan`] of fused operations. Conv-4 has kernels of its
//! own, for training too, and what follows is about them.
//!
//! Maps are NHWC with a border of zeros ([`map`]), channels filled up with zeros
//! to a multiple of [`map::CHANNEL_MULTIPLE`]. Convolutions are Winograd
//! F(4x4, 3x3) (Lavin and Gray 2016) around one matrix product ([`matmul`]); the
//! first block, with few input channels, multiplies its windows (im2col) instead.
//! What each vector unit offers is in [`simd`]; the only `unsafe` of the project
//! is in this folder. [`crate::backbone`] chooses between this path and candle's
//! operations, and `tests` holds the two against each other.

pub(crate) mod arithmetic;
mod convolve;
mod dense;
mod first;
#[cfg(feature = "cuda")]
pub(crate) mod gpu;
mod infer;
pub(crate) mod layer;
mod layout;
mod map;
mod matmul;
mod normalise;
mod op;
mod parallel;
mod plan;
pub(crate) mod rows;
mod scratch;
mod select;
mod simd;
mod train;
mod winograd;

pub(crate) use infer::FoldedConv4;
pub(crate) use op::TrainKernels;
pub use plan::{Activation, Convolution, Moments, Step};
pub(crate) use plan::{Plan, same_padding};
pub use simd::Level;
pub(crate) use simd::{Simd, Task};

#[cfg(test)]
mod tests;
