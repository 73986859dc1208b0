//! The folder a browser opens for the comparison: our module, the peers from npm, and the page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::progress::step;
use crate::setup::npm;
use crate::workspace::Workspace;

/// What is served of each package: (folder in node_modules, folder of the page, files).
const PACKAGES: [(&str, &str, &[&str]); 3] = [
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
];

/// Folder of the comparison's own files.
pub fn sources(workspace: &Workspace) -> PathBuf {
    workspace.root.join("xtask/bench/browser")
}

/// Installs the peers and lays the page out under the build folder; returns where.
pub fn lay_out(workspace: &Workspace) -> Result<PathBuf> {
    let sources = sources(workspace);
    let bench = workspace.target.join("bench");
    let packages = bench.join("npm");
    // Installed beside other build outputs: the checkout stays as it is.
    for name in ["package.json", "package-lock.json"] {
        copy(&sources.join(name), &packages.join(name))?;
    }
    npm::ensure(&packages, "the browser peers' npm packages")?;
    let page = bench.join("page");
    step("lay out the page of the comparison", || {
        for name in ["index.html", "page.js", "contenders.js", "weights.js", "onnx.js"] {
            copy(&sources.join(name), &page.join(name))?;
        }
        for (package, folder, names) in PACKAGES {
            for name in names {
                let from = packages.join("node_modules").join(package).join(name);
                copy(&from, &page.join(folder).join(name))?;
            }
        }
        let module = workspace.web().join("src/generated");
        for name in ["fewshot_wasm.js", "fewshot_wasm_bg.wasm"] {
            copy(&module.join(name), &page.join("fewshot").join(name))?;
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
