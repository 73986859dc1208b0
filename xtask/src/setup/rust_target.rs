//! The standard library for another target than this machine.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::progress::{step, unchanged};

/// The target the page's module is compiled for.
pub const WASM: &str = "wasm32-unknown-unknown";
/// 64-bit ARM: the learner's portable kernels are what runs there.
pub const ARM: &str = "aarch64-unknown-linux-gnu";

/// Asks the compiler itself, so that a Rust not managed by rustup is served as well.
pub fn ensure(target: &str) -> Result<()> {
    if present(target)? {
        unchanged(&format!("Rust's target {target}"), "present");
        return Ok(());
    }
    step(&format!("add Rust's target {target} with rustup"), || {
        command::run(Command::new("rustup").args(["target", "add", target])).with_context(|| {
            format!(
                "the Rust target {target} is missing and could not be added: run `rustup target \
                 add {target}` where there is a network, or install your distribution's package \
                 (Debian: libstd-rust-dev-wasm32 for the page)"
            )
        })
    })
}

fn present(target: &str) -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut query = Command::new(rustc);
    query.args(["--print", "target-libdir", "--target", target]);
    Ok(Path::new(&command::output(&mut query)?).is_dir())
}
