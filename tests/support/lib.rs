//! What the tests share. The tests themselves are the targets beside this folder.

pub mod command;
pub mod fixture;
pub mod golden;
pub mod hostile;
pub mod onnx;
pub mod pattern;
pub mod step;

/// Says what could not be tested here, past the test runner, which keeps to itself what
/// passing tests print; `cargo xtask test` counts these lines.
pub fn left_out(why: impl std::fmt::Display) {
    use std::io::Write;
    // A closed stderr must not fail a test.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}
