//! `cargo xtask cuda`, and the guard of the CUDA-gated Rust that needs no GPU.
//!
//! Two tool-kits are laid out below the build folder. The *stub* has a make-believe compiler and
//! takes no time: with it, clippy sees all code behind the `cuda` feature on any machine. The
//! *real* one is NVIDIA's compiler from PyPI, which compiles candle's kernels. It links against
//! lazy libraries (see [`shim`]), so what it builds starts without a driver and falls back to the
//! CPU. For a machine with NVIDIA's own tool-kit see `docs/gpu.md`.

mod gpu;
mod real;
mod shim;
mod stub;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::cli::Cuda;
use crate::command;
use crate::progress::{step, unchanged};
use crate::workspace::Workspace;

/// What the kernels are compiled for where no GPU says it: Ampere, on which all of candle's run.
const COMPUTE_CAPABILITY: &str = "80";

/// A folder that stands in for `CUDA_HOME`.
pub struct Toolkit {
    home: PathBuf,
    /// The packages that candle's binaries load at run time, where they were installed.
    libraries: Vec<PathBuf>,
}

/// Whether the lazy libraries can be made here: their entry points are x86-64 assembly for ELF.
pub fn supported() -> bool {
    cfg!(all(target_arch = "x86_64", target_os = "linux"))
}

/// `cargo xtask cuda`: build the trainer for NVIDIA GPUs; with a GPU, test it too.
pub fn run(workspace: &Workspace, arguments: &Cuda) -> Result<()> {
    ensure!(
        supported(),
        "`cargo xtask cuda` needs Linux on x86-64; docs/gpu.md tells how to build elsewhere"
    );
    let gpu = gpu::present();
    unchanged(
        "a GPU on this machine",
        if gpu { "found" } else { "none; the kernels are compiled all the same" },
    );
    let toolkit = real::lay_out(&workspace.target.join("cuda-real"), gpu)?;
    step("compile the learner's own kernels, which are compiled anew where they run", || {
        let mut nvcc = Command::new(toolkit.home.join("bin/nvcc"));
        nvcc.arg("-cubin").arg(format!("-arch=sm_{COMPUTE_CAPABILITY}"));
        nvcc.arg("-o").arg(toolkit.home.join("kernels.cubin"));
        command::run(nvcc.arg(workspace.root.join("model/src/kernels/gpu/kernels.cu")))
    })?;
    let target = workspace.target.join("cuda");
    step("build the trainer for CUDA (candle's kernels take minutes)", || {
        let mut cargo = cargo(workspace, &toolkit, arguments, "build")?;
        cargo.args(["--package", "fewshot-trainer"]).arg("--target-dir").arg(&target);
        command::run(&mut cargo)
    })?;
    let folder = if arguments.quick { "debug" } else { "release" };
    let binary = target.join(folder).join("fewshot");
    step("start it: a machine without a GPU gets the CPU", || {
        command::run(
            Command::new(&binary)
                .args(["data", "list"])
                .env("LD_LIBRARY_PATH", toolkit.library_path()?),
        )
    })?;
    if gpu {
        step("test on the GPU", || {
            let mut cargo = cargo(workspace, &toolkit, arguments, "test")?;
            cargo
                .args(["--package", "fewshot-tests", "--test", "gpu"])
                .arg("--target-dir")
                .arg(&target);
            command::run(cargo.env("FEWSHOT_GPU", "required"))
        })?;
    }
    println!("{} uses a GPU where it finds one", workspace.shown(&binary));
    Ok(())
}

/// The tool-kit of make-believe, for [`Toolkit::apply`].
pub fn stub(workspace: &Workspace) -> Result<Toolkit> {
    stub::lay_out(&workspace.target.join("cuda-stub"))
}

impl Toolkit {
    /// Makes cargo's build scripts find this tool-kit, and no other.
    pub fn apply<'a>(&self, command: &'a mut Command) -> Result<&'a mut Command> {
        command.env("CUDA_HOME", &self.home).env("CUDA_COMPUTE_CAP", COMPUTE_CAPABILITY);
        command.env("PATH", joined(&[self.home.join("bin")], "PATH")?);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        command.env("CUDAFORGE_THREADS", threads.to_string());
        Ok(command.env("LD_LIBRARY_PATH", self.library_path()?))
    }

    fn library_path(&self) -> Result<OsString> {
        joined(&self.libraries, "LD_LIBRARY_PATH")
    }
}

/// NVIDIA's compiler with the lazy libraries beside it.
fn with_shims(home: PathBuf, libraries: Vec<PathBuf>, major: u32) -> Result<Toolkit> {
    let lib = home.join("lib");
    shim::build(&lib, major)?;
    link(Path::new("lib"), &home.join("lib64"))?;
    Ok(Toolkit { home, libraries })
}

fn cargo(
    workspace: &Workspace,
    toolkit: &Toolkit,
    arguments: &Cuda,
    verb: &str,
) -> Result<Command> {
    let mut cargo = command::cargo();
    cargo.args([verb, "--features", "nccl"]).current_dir(&workspace.root);
    if arguments.quick {
        // The kernels compile 2.6 times as fast, and run slowly.
        cargo.env("NVCC_APPEND_FLAGS", "-Xcicc -O0 -Xptxas -O0");
    } else {
        cargo.arg("--release");
    }
    toolkit.apply(&mut cargo)?;
    Ok(cargo)
}

/// `new` in front of what the variable holds already.
fn joined(new: &[PathBuf], variable: &str) -> Result<OsString> {
    let old = std::env::var_os(variable).unwrap_or_default();
    let old = std::env::split_paths(&old).filter(|path| !path.as_os_str().is_empty());
    std::env::join_paths(new.iter().cloned().chain(old)).with_context(|| {
        format!("the build folder's path cannot be put on {variable}: it has a colon")
    })
}

#[cfg(unix)]
fn link(original: &Path, link: &Path) -> Result<()> {
    if link.is_symlink() {
        fs::remove_file(link).with_context(|| format!("cannot replace {}", link.display()))?;
    }
    std::os::unix::fs::symlink(original, link)
        .with_context(|| format!("cannot create {}", link.display()))
}

#[cfg(not(unix))]
fn link(_original: &Path, link: &Path) -> Result<()> {
    anyhow::bail!("cannot create the symbolic link {}", link.display())
}
