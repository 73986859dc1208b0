//! The learner as a WebAssembly module with its JavaScript and TypeScript side.
//!
//! The output lands in `web/src/generated/`, where Vite and TypeScript look for it:
//! `fewshot_wasm.js`, `fewshot_wasm.d.ts`, `fewshot_wasm_bg.wasm` and the module's own types.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use crate::command;
use crate::digest::{Stamp, read, sha256};
use crate::progress::{step, unchanged};
use crate::setup::npm;
use crate::setup::rust_target::WASM;
use crate::workspace::Workspace;

const NAME: &str = "fewshot_wasm";

/// Speed first: size is mostly the learner's own, and `-Oz` costs a third of the speed.
/// The features are those rustc emits for the target (simd128 by `.cargo/config.toml`).
const OPTIMISE: [&str; 12] = [
    "-O3",
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
];

pub fn build(workspace: &Workspace) -> Result<()> {
    let compiled = step("compile the learner to WebAssembly", || {
        command::run(command::without_flags(&mut compile(workspace)))?;
        read(&workspace.target.join(WASM).join("web").join(format!("{NAME}.wasm")))
    })?;
    let web = workspace.web();
    let generated = web.join("src/generated");
    // The compiled module holds the version of wasm-bindgen, the lock file that of wasm-opt.
    let lock = read(&web.join("package-lock.json"))?;
    let input = [compiled.as_slice(), &lock, OPTIMISE.concat().as_bytes()].map(sha256).concat();
    let stamp = Stamp::new(generated.join(".stamp"), &input);
    if stamp.is_fresh() {
        unchanged("the module in web/src/generated", "unchanged");
        return Ok(());
    }
    // Beside its place, so that the rename is one step on one file system.
    let partial = web.join("src/generated.partial");
    step("write the module's JavaScript side", || bind(compiled, &partial))?;
    let module = partial.join(format!("{NAME}_bg.wasm"));
    step("optimise the module with wasm-opt", || optimise(&web, &module))?;
    remove_folder(&generated)?;
    fs::rename(&partial, &generated)
        .with_context(|| format!("cannot write {}", workspace.shown(&generated)))?;
    stamp.write()
}

fn compile(workspace: &Workspace) -> Command {
    let mut cargo = command::cargo();
    cargo.args(["build", "--package", "fewshot-wasm", "--profile", "web", "--target", WASM]);
    cargo.current_dir(&workspace.root);
    cargo
}

fn bind(compiled: Vec<u8>, out: &Path) -> Result<()> {
    remove_folder(out)?;
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes(NAME, compiled).web(true)?.typescript(true);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.generate(out).map_err(|error| anyhow!("wasm-bindgen: {error:#}"))
}

fn optimise(web: &Path, module: &Path) -> Result<()> {
    let mut wasm_opt = Command::new("node");
    wasm_opt.arg(npm::tool(web, "wasm-opt")?).args(OPTIMISE);
    command::run(wasm_opt.arg(module).arg("-o").arg(module))
}

fn remove_folder(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))
}
