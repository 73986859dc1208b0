//! The standard library for wasm32-unknown-unknown.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::progress::{step, unchanged};

/// The target the page's module is compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Asks the compiler itself, so that a Rust not managed by rustup is served as well.
pub fn ensure() -> Result<()> {
    if present()? {
        unchanged("Rust's wasm32 target", "present");
        return Ok(());
    }
    step("add Rust's wasm32 target with rustup", || {
        command::run(Command::new("rustup").args(["target", "add", TARGET])).context(
            "the Rust target wasm32-unknown-unknown is missing and could not be added: \
             run `rustup target add wasm32-unknown-unknown` where there is a network, or \
             install your distribution's package (Debian: libstd-rust-dev-wasm32)",
        )
    })
}

fn present() -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut query = Command::new(rustc);
    query.args(["--print", "target-libdir", "--target", TARGET]);
    Ok(Path::new(&command::output(&mut query)?).is_dir())
}
