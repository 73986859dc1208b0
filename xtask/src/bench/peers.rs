//! The folder a browser opens for the comparison: our module, the peers from npm, and the page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::progress::step;
use crate::setup::npm;
use crate::workspace::Workspace;

/// What is served of each package: (folder in `node_modules`, folder of the page, files).
const PACKAGES: [(&str, &str, &[&str]); 6] = [
    (
        "onnxruntime-web/dist",
        "ort",
        &["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"],
    ),
    ("@tensorflow/tfjs-core/dist", "tfjs", &["tf-core.min.js"]),
    (
        "@tensorflow/tfjs-backend-wasm/dist",
        "tfjs",
        &["tf-backend-wasm.min.js", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm.wasm"],
    ),
    ("@litertjs/core/dist", "litert", &["index.js"]),
    (
        "@litertjs/core/wasm",
        "litert/wasm",
        &[
            "litert_wasm_internal.js",
            "litert_wasm_internal.wasm",
            "litert_wasm_compat_internal.js",
            "litert_wasm_compat_internal.wasm",
        ],
    ),
    (
        "flatbuffers/mjs",
        "flatbuffers",
        &[
            "builder.js",
            "byte-buffer.js",
            "constants.js",
            "encoding.js",
            "flatbuffers.js",
            "types.js",
            "utils.js",
        ],
    ),
];
/// LiteRT.js asks for it by its bare name, which the page's import map leads here.
const LITERT_UTILS: (&str, &str) =
    ("node_modules/@litertjs/wasm-utils/dist/index.js", "litert/wasm-utils.js");
/// Of the comparison itself.
const OWN: [&str; 9] = [
    "index.html",
    "page.js",
    "task.js",
    "contenders.js",
    "efficientnet.js",
    "graph.js",
    "weights.js",
    "onnx.js",
    "tflite.js",
];

/// Shipped models that a picture is encoded by.
pub const MODELS: [&str; 3] = ["everyday", "photos", "cifar-fs"];

/// Folder of the comparison's own files.
pub fn sources(workspace: &Workspace) -> PathBuf {
    workspace.root.join("xtask/bench/browser")
}

/// Folder that the peers' packages are installed in.
pub fn packages(workspace: &Workspace) -> PathBuf {
    workspace.target.join("bench/npm")
}

/// Installs the peers and lays the page out under the build folder; returns where.
pub fn lay_out(workspace: &Workspace) -> Result<PathBuf> {
    let sources = sources(workspace);
    let packages = packages(workspace);
    // Installed beside other build outputs: the checkout stays as it is.
    for name in ["package.json", "package-lock.json"] {
        copy(&sources.join(name), &packages.join(name))?;
    }
    npm::ensure(&packages, "the browser peers' npm packages")?;
    let page = workspace.target.join("bench/page");
    step("lay out the page of the comparison", || {
        for name in OWN {
            copy(&sources.join(name), &page.join(name))?;
        }
        for (package, folder, names) in PACKAGES {
            for name in names {
                let from = packages.join("node_modules").join(package).join(name);
                copy(&from, &page.join(folder).join(name))?;
            }
        }
        let (from, to) = LITERT_UTILS;
        copy(&packages.join(from), &page.join(to))?;
        let module = workspace.web().join("package/src/generated");
        for name in ["fewshot_wasm.js", "fewshot_wasm_bg.wasm", "fewshot_wasm_relaxed.wasm"] {
            copy(&module.join(name), &page.join("fewshot").join(name))?;
        }
        let weights = workspace.root.join("weights");
        for model in MODELS {
            let name = format!("{model}.safetensors");
            copy(&weights.join(&name), &page.join("weights").join(name))?;
        }
        Ok(page.clone())
    })
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("every file is in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::copy(from, to)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}
