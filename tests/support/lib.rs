//! What the tests share. The tests themselves are the targets beside this folder.

pub mod command;
pub mod fixture;
pub mod golden;
pub mod hostile;
pub mod pattern;
pub mod step;
