//! Trains, evaluates and applies few-shot models.

pub mod augment;
pub mod batch;
pub mod data;
pub mod features;
pub mod interrupt;
