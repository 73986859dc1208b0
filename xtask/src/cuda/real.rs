//! NVIDIA's CUDA compiler from PyPI, in a folder of its own: no root rights, no system packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Toolkit, link, with_shims};
use crate::command;
use crate::digest::Stamp;
use crate::progress::{step, unchanged};

const MAJOR: u32 = 13;

/// One release of compiler, headers and runtime. 105 MB.
const COMPILER: [&str; 5] = [
    "nvidia-cuda-nvcc==13.0.88",
    "nvidia-cuda-crt==13.0.88",
    "nvidia-nvvm==13.0.88",
    "nvidia-cuda-runtime==13.0.96",
    "nvidia-cuda-cccl==13.0.85",
];

/// What a binary loads when it runs on a GPU; the driver brings libcuda. NCCL is for several
/// of them. 750 MB.
const LIBRARIES: [&str; 4] = [
    "nvidia-cublas>=13.0,<13.1",
    "nvidia-curand>=10.4,<10.5",
    "nvidia-cuda-nvrtc==13.0.88",
    "nvidia-nccl-cu13==2.30.7",
];

/// Installs the compiler, and with `run` the libraries that a GPU needs.
pub fn lay_out(folder: &Path, run: bool) -> Result<Toolkit> {
    let packages = if run { [COMPILER.as_slice(), &LIBRARIES].concat() } else { COMPILER.to_vec() };
    install(folder, &packages)?;
    let home = folder.join("nvidia/cu13");
    // Without libcudart.so beside it, `-lcudart` links the static runtime.
    link(Path::new("libcudart_static.a"), &home.join("lib/libcudart.a"))?;
    let libraries = [home.join("lib"), folder.join("nvidia/nccl/lib")];
    let libraries = if run { libraries.to_vec() } else { Vec::<PathBuf>::new() };
    with_shims(home, libraries, MAJOR)
}

/// All at once: pip replaces the packages' common folder when it is called again.
fn install(folder: &Path, packages: &[&str]) -> Result<()> {
    let stamp = Stamp::new(folder.join(".stamp"), packages.concat());
    if stamp.is_fresh() {
        unchanged("NVIDIA's compiler", "installed");
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    step(&format!("install NVIDIA's compiler from PyPI into {}", folder.display()), || {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target"]);
        command::run(pip.arg(folder).args(packages)).context(
            "NVIDIA's compiler could not be installed: Python's pip (Debian: python3-pip) and a \
             network are needed",
        )?;
        stamp.write()
    })
}
