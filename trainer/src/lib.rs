//! Trains, evaluates and applies few-shot models.
//!
//! The crate behind the `fewshot` command. Only it knows paths, clap and
//! devices; what is learned and computed is the crate `fewshot`'s.

pub mod augment;
pub mod batch;
pub mod cli;
pub mod commands;
pub mod data;
pub mod device;
pub mod episodes;
pub mod features;
pub mod interrupt;
pub mod onnx;
pub mod output;
pub mod plot;
pub mod progress;
pub mod recipe;
pub mod run_dir;
pub mod seen;
#[cfg(test)]
mod testing;
pub mod torch;
pub mod train;
pub mod weights;
pub mod write;
