//! Trains, evaluates and applies few-shot models.

pub mod data;
