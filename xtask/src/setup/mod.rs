//! What the other steps need of the machine: looked for first, installed where that is possible,
//! and otherwise named in a sentence that says how to get it.

pub mod browser;
pub mod node;
pub mod npm;
pub mod rust_target;
