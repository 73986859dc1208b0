//! Golden values: Pillow's pixels and PyTorch's networks, made by the scripts
//! beside this file. Tolerances stand in each case.

mod backbones;
mod distances;
mod encoder;
mod fingerprints;
mod generator;
mod image;
mod parity;
mod training_step;
