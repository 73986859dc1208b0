//! The kernels for NVIDIA GPUs, without one: compiled as C for this machine's processor and held
//! against plain loops. `cuda/emulate.c` says how; on a GPU `gpu.rs` tests what is made of them.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

#[test]
fn kernels_compute_what_plain_loops_do() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = root.join("../model/src/kernels/gpu/kernels.cu");
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("emulate");
    // The linker of Rust programs, so there is one wherever these tests were built.
    let compiled = Command::new("cc")
        .args(["-O1", "-std=gnu11", "-fno-strict-aliasing", "-pthread"])
        .arg(format!("-DKERNELS=\"{}\"", source.display()))
        .arg(root.join("cuda/emulate.c"))
        .arg("-o")
        .arg(&program)
        .arg("-lm")
        .output()
        .context("cannot start `cc`")?;
    ensure!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let run = Command::new(&program).output()?;
    let told = String::from_utf8_lossy(&run.stdout);
    ensure!(run.status.success() && told.contains("0 values are off"), "{told}");
    Ok(())
}
