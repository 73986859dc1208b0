//! The learner as WebAssembly, twice, with one JavaScript and TypeScript side.
//!
//! The output lands in `web/package/src/generated/`, where Vite and TypeScript look for it:
//! `fewshot_wasm.js`, `fewshot_wasm.d.ts`, and the module with and without relaxed SIMD, of which
//! the page fetches the one that the browser can run.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::command;
use crate::digest::{Stamp, read, sha256};
use crate::progress::{step, unchanged};
use crate::setup::npm;
use crate::setup::rust_target::WASM;
use crate::workspace::{Workspace, dependency_source};

const NAME: &str = "fewshot_wasm";

/// One way to compile the module.
struct Variant {
    what: &'static str,
    /// Further features of the target, beside those of `.cargo/config.toml`.
    rustflags: Option<&'static str>,
    /// Tells `wasm-opt` of them.
    optimise: &'static [&'static str],
    /// Its name in `web/package/src/generated/`.
    file: &'static str,
}

const VARIANTS: [Variant; 2] = [
    Variant { what: "SIMD", rustflags: None, optimise: &[], file: "fewshot_wasm_bg.wasm" },
    Variant {
        what: "relaxed SIMD",
        rustflags: Some(
            r#"target.wasm32-unknown-unknown.rustflags=["-Ctarget-feature=+relaxed-simd"]"#,
        ),
        optimise: &["--enable-relaxed-simd"],
        file: "fewshot_wasm_relaxed.wasm",
    },
];

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

/// Which of the two are compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Modules {
    /// Both: what is published, tested and timed.
    Both,
    /// The one that every browser runs, in the place of both, and as it was compiled: to look at the
    /// page, in half the time.
    One,
}

impl Modules {
    /// Of the workspace's profiles.
    fn profile(self) -> &'static str {
        match self {
            Self::Both => "web",
            Self::One => "demo",
        }
    }
}

pub fn build(workspace: &Workspace, modules: Modules) -> Result<()> {
    let variants = match modules {
        Modules::Both => &VARIANTS[..],
        Modules::One => &VARIANTS[..1],
    };
    let mut compiled = Vec::new();
    let remap = remap_crates()?;
    for variant in variants {
        compiled.push(step(
            &format!("compile the learner to WebAssembly, {}", variant.what),
            || {
                let profile = modules.profile();
                let mut cargo = compile(workspace, variant, profile, &remap);
                command::run(command::without_flags(&mut cargo))?;
                read(&workspace.target.join(WASM).join(profile).join(format!("{NAME}.wasm")))
            },
        )?);
    }
    let web = workspace.web();
    let generated = web.join("package/src/generated");
    // The compiled module holds the version of wasm-bindgen, the lock file that of wasm-opt.
    let lock = read(&web.join("package-lock.json"))?;
    let mut options = VARIANTS.map(|variant| variant.optimise.concat()).concat();
    if modules == Modules::Both {
        options += &OPTIMISE.concat();
    }
    let mut input = vec![sha256(&lock), sha256(options.as_bytes())];
    input.extend(compiled.iter().map(|module| sha256(module)));
    let stamp = Stamp::new(generated.join(".stamp"), input.concat());
    if stamp.is_fresh() {
        unchanged("the modules in web/package/src/generated", "unchanged");
        return Ok(());
    }
    // Beside its place, so that the rename is one step on one file system.
    let partial = web.join("package/src/generated.partial");
    let other = web.join("package/src/generated.other.partial");
    let mut compiled = compiled.into_iter();
    let plain = compiled.next().context("one variant is always compiled")?;
    step("write the modules' JavaScript side", || {
        bind(plain, &partial)?;
        let Some(relaxed) = compiled.next() else { return Ok(()) };
        bind(relaxed, &other)?;
        same_side(&partial, &other)?;
        fs::rename(other.join(format!("{NAME}_bg.wasm")), partial.join(VARIANTS[1].file))?;
        remove_folder(&other)
    })?;
    match modules {
        Modules::Both => step("optimise the modules with wasm-opt", || optimise(&web, &partial))?,
        Modules::One => {
            fs::copy(partial.join(VARIANTS[0].file), partial.join(VARIANTS[1].file))?;
        }
    }
    remove_folder(&generated)?;
    fs::rename(&partial, &generated)
        .with_context(|| format!("cannot write {}", workspace.shown(&generated)))?;
    stamp.write()
}

/// Panics name files of dependencies: by the crate and not by where cargo unpacked it, so that the
/// module tells nothing of the machine that built it, and is as large from any of them.
fn remap_crates() -> Result<String> {
    let candle = dependency_source("candle-core")?;
    let unpacked = candle.parent().context("a crate is unpacked into a folder")?;
    let flag = serde_json::to_string(&format!("--remap-path-prefix={}=", unpacked.display()))?;
    Ok(format!("target.{WASM}.rustflags=[{flag}]"))
}

fn compile(workspace: &Workspace, variant: &Variant, profile: &str, remap: &str) -> Command {
    let mut cargo = command::cargo();
    cargo.args(["build", "--package", "fewshot-wasm", "--profile", profile, "--target", WASM]);
    // Joined with the flags of `.cargo/config.toml`, where a variable would replace them.
    cargo.args(["--config", remap]);
    cargo.args(variant.rustflags.iter().flat_map(|flags| ["--config", flags]));
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

/// The page brings one JavaScript side along for both modules.
fn same_side(one: &Path, other: &Path) -> Result<()> {
    let name = format!("{NAME}.js");
    ensure!(
        read(&one.join(&name))? == read(&other.join(&name))?,
        "the JavaScript sides of the two modules differ: \
         let web/package/src/client/module.ts bring both"
    );
    Ok(())
}

/// Both at once, since `wasm-opt` makes little use of a second core.
fn optimise(web: &Path, folder: &Path) -> Result<()> {
    let one = |variant: &'static Variant| {
        let mut wasm_opt = Command::new("node");
        wasm_opt.arg(npm::tool(web, "wasm-opt")?).args(OPTIMISE).args(variant.optimise);
        let module = folder.join(variant.file);
        command::run(wasm_opt.arg(&module).arg("-o").arg(&module))
    };
    let [first, second] = &VARIANTS;
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(|| one(second));
        (one(first), other.join())
    });
    first.and(second.map_err(|_panic| anyhow!("the thread of wasm-opt panicked"))?)
}

fn remove_folder(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))
}
