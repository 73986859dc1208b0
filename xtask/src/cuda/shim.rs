//! Lazy stand-ins for NVIDIA's shared libraries, so that a CUDA build starts without a driver.
//!
//! The functions are those that cudarc declares, read from the very source that cargo unpacked;
//! `shim.c` beside this file says how one library works.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command;
use crate::digest::Stamp;
use crate::workspace::dependency_source;

const SOURCE: &str = include_str!("shim.c");

/// One library of the tool-kit.
struct Library {
    /// The module of cudarc that declares its functions.
    module: &'static str,
    /// What the linker is told with `-l`.
    name: &'static str,
    /// Whether the shared library is named after the tool-kit's major version, else its own.
    version: Version,
    /// Its error code that comes nearest to "there is no library".
    missing: u32,
}

enum Version {
    Own(u32),
    Toolkit,
}

const LIBRARIES: [Library; 6] = [
    // CUDA_ERROR_NO_DEVICE
    Library { module: "driver", name: "cuda", version: Version::Own(1), missing: 100 },
    // CURAND_STATUS_ALLOCATION_FAILED
    Library { module: "curand", name: "curand", version: Version::Own(10), missing: 102 },
    // NVRTC_ERROR_INVALID_OPTION
    Library { module: "nvrtc", name: "nvrtc", version: Version::Toolkit, missing: 5 },
    // CUBLAS_STATUS_NOT_INITIALIZED, for both
    Library { module: "cublas", name: "cublas", version: Version::Toolkit, missing: 1 },
    Library { module: "cublaslt", name: "cublasLt", version: Version::Toolkit, missing: 1 },
    // ncclSystemError
    Library { module: "nccl", name: "nccl", version: Version::Own(2), missing: 2 },
];

/// Writes `lib*.a` for every library into `lib`; `major` is the tool-kit's version.
pub fn build(lib: &Path, major: u32) -> Result<()> {
    let cudarc = dependency_source("cudarc")?.join("src");
    for library in &LIBRARIES {
        build_one(library, &cudarc, lib, major)
            .with_context(|| format!("cannot make the stand-in for lib{}", library.name))?;
    }
    Ok(())
}

fn build_one(library: &Library, cudarc: &Path, lib: &Path, major: u32) -> Result<()> {
    let declarations = cudarc.join(library.module).join("sys/mod.rs");
    let declarations = fs::read_to_string(&declarations)
        .with_context(|| format!("cannot read {}", declarations.display()))?;
    let functions = functions(&declarations);
    ensure!(functions.len() > 5, "cudarc declares its functions in a new way; see xtask/src/cuda");
    let list = functions.iter().enumerate().fold(String::new(), |mut list, (index, name)| {
        // Writing to a string cannot fail.
        let _ = writeln!(list, "F({index}, {name})");
        list
    });
    let version = match library.version {
        Version::Own(version) => version,
        Version::Toolkit => major,
    };
    let name = library.name;
    let soname = format!("lib{name}.so.{version}");
    let archive = lib.join(format!("lib{name}.a"));
    let stamp = Stamp::new(lib.join(format!("{name}.stamp")), [SOURCE, &list, &soname].concat());
    if stamp.is_fresh() && archive.exists() {
        return Ok(());
    }
    let (source, list_file) = (lib.join("shim.c"), lib.join(format!("{name}.inc")));
    fs::write(&source, SOURCE)?;
    fs::write(&list_file, list)?;
    let object = lib.join(format!("{name}.o"));
    let mut cc = Command::new("cc");
    cc.args(["-O1", "-fPIC", "-Wall", "-c"]).arg(&source).arg("-o").arg(&object);
    cc.arg(format!("-DSONAME=\"{soname}\"")).arg(format!("-DMISSING={}", library.missing));
    cc.arg(format!("-DCOUNT={}", functions.len()));
    cc.arg(format!("-DFUNCTIONS=\"{}\"", list_file.display()));
    command::run(&mut cc)?;
    command::run(Command::new("ar").arg("crs").arg(&archive).arg(&object))?;
    stamp.write()
}

/// The names of the library's functions in cudarc's bindings: `fn cu…(`, `fn nvrtc…(` and
/// `fn nccl…(`.
fn functions(declarations: &str) -> BTreeSet<&str> {
    let name = |rest: &'_ str| rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let candidates = declarations.split("fn ").skip(1).filter_map(|rest| {
        let end = name(rest)?;
        rest[end..].starts_with('(').then(|| &rest[..end])
    });
    // `culib` is cudarc's own, for loading at run time.
    let prefixed = |name: &str| ["cu", "nvrtc", "nccl"].iter().any(|part| name.starts_with(part));
    let of_library = |name: &&str| prefixed(name) && *name != "culib";
    candidates.filter(of_library).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_read_from_bindings_once_each() {
        let declarations = "
            extern \"C\" { pub fn cuInit(Flags: u32) -> CUresult; pub fn cuInit(Flags: u32) -> CUresult;
                fn nvrtcVersion(a: *mut i32); fn ncclAllReduce(a: *mut i32); }
            pub fn culib() -> &'static Library { helper(f) }
            fn is_culib_present() {} fn cuGeneric<T>(t: T) {}";
        let found: Vec<_> = functions(declarations).into_iter().collect();
        assert_eq!(found, ["cuInit", "ncclAllReduce", "nvrtcVersion"]);
    }
}
