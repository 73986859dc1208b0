//! The models of the page: `web/public/weights/` with a manifest that lists them.
//!
//! Without `--weights` these are the project's own, as `weights/manifest.json` describes them.
//! A person's own model becomes a manifest of one.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::digest::{read, sha256};
use crate::progress::step;
use crate::workspace::Workspace;

/// What the names of a backbone's tensors begin with, in every model file.
const BACKBONE: &str = "encoder.";
/// What the trainer calls the weights of every run: such a file goes by what it was trained on,
/// one that a person named by its name, here as in the page (`web/src/state/models.ts`).
const GIVEN_BY_THE_TRAINER: [&str; 2] = ["best", "last"];

/// Copies the models and their manifest to where Vite takes them from.
pub fn lay_out(workspace: &Workspace, own: Option<&Path>) -> Result<()> {
    let to = workspace.web().join("public/weights");
    step("lay out the weights", || {
        if to.exists() {
            fs::remove_dir_all(&to).with_context(|| format!("cannot clear {}", to.display()))?;
        }
        fs::create_dir_all(&to).with_context(|| format!("cannot create {}", to.display()))?;
        match own {
            Some(file) => one(file, &to),
            None => shipped(&workspace.root.join("weights"), &to),
        }
    })
}

/// Whether a file can be a model at all; the page itself checks every shape when it loads one.
pub fn check(file: &Path) -> Result<()> {
    header(&read(file)?).map(|_header| ()).with_context(|| {
        format!(
            "{} is no model of this project: give a file that `fewshot train` wrote",
            file.display()
        )
    })
}

fn shipped(from: &Path, to: &Path) -> Result<()> {
    copy(&from.join("manifest.json"), to)?;
    let entries = fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?;
    for entry in entries {
        let path = entry?.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("safetensors") => {
                check(&path)?;
                copy(&path, to)?;
            }
            // Whose the weights are travels with them.
            Some("NOTICE") => copy(&path, to)?,
            _ => {}
        }
    }
    Ok(())
}

fn one(file: &Path, to: &Path) -> Result<()> {
    let bytes = read(file)?;
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("model");
    let trained_on = trained_on(&header(&bytes)?);
    let title = trained_on.filter(|_data| GIVEN_BY_THE_TRAINER.contains(&stem));
    let manifest = json!({ "models": [{
        "id": stem,
        "file": format!("{stem}.safetensors"),
        "bytes": bytes.len(),
        "sha256": sha256(&bytes),
        "title": title.as_deref().unwrap_or(stem),
        "default": true,
    }] });
    let write = |name: &str, bytes: &[u8]| {
        let path = to.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    write(&format!("{stem}.safetensors"), &bytes)?;
    write("manifest.json", &serde_json::to_vec_pretty(&manifest)?)
}

fn copy(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().with_context(|| format!("{} is no file", file.display()))?;
    fs::copy(file, folder.join(name))
        .with_context(|| format!("cannot copy {} to {}", file.display(), folder.display()))?;
    Ok(())
}

/// The JSON at the head of a safetensors file, after its length.
fn header(bytes: &[u8]) -> Result<Value> {
    let (length, rest) = bytes.split_first_chunk().context("the file is too short")?;
    let length = usize::try_from(u64::from_le_bytes(*length))?;
    let header = rest.get(..length).context("the file is truncated or not safetensors")?;
    let header: Value = serde_json::from_slice(header).context("the file is not safetensors")?;
    let mut names = header.as_object().into_iter().flat_map(|header| header.keys());
    ensure!(names.any(|name| name.starts_with(BACKBONE)), "the file has no tensor `{BACKBONE}*`");
    Ok(header)
}

/// The data set that the trainer has named in the file.
fn trained_on(header: &Value) -> Option<String> {
    let provenance = header["__metadata__"]["fewshot.provenance"].as_str()?;
    let provenance: Value = serde_json::from_str(provenance).ok()?;
    Some(provenance["data"].as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safetensors(header: &str) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat()
    }

    #[test]
    fn files_that_are_no_models_are_told_apart() {
        assert!(header(&safetensors(r#"{"encoder.0.0.weight":{}}"#)).is_ok());
        let cases = [
            (b"short".to_vec(), "too short"),
            (safetensors("{}"), "no tensor `encoder.*`"),
            (safetensors("no JSON"), "not safetensors"),
            (9_u64.to_le_bytes().to_vec(), "truncated"),
            (u64::MAX.to_le_bytes().to_vec(), "truncated"),
        ];
        for (bytes, told) in cases {
            let error = format!("{:#}", header(&bytes).unwrap_err());
            assert!(error.contains(told), "{error}");
        }
    }

    /// The manifest, and the folder that it is in, of a model that lies in a file of this name.
    fn manifest_of(name: &str, header: &str) -> (Value, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, safetensors(header)).unwrap();
        let to = folder.path().join("weights");
        fs::create_dir(&to).unwrap();
        one(&file, &to).unwrap();
        (serde_json::from_slice(&read(&to.join("manifest.json")).unwrap()).unwrap(), folder)
    }

    #[test]
    fn a_persons_own_model_becomes_a_manifest_of_one() {
        let (manifest, folder) = manifest_of("mine.safetensors", r#"{"encoder.0.0.weight":{}}"#);
        let model = &manifest["models"][0];
        let bytes =
            read(&folder.path().join("weights").join(model["file"].as_str().unwrap())).unwrap();
        assert_eq!(model["sha256"], sha256(&bytes));
        assert_eq!(model["bytes"], bytes.len());
    }

    #[test]
    fn a_runs_weights_go_by_their_data_and_a_named_file_by_its_name() {
        let trained = r#"{"__metadata__":{"fewshot.provenance":"{\"data\":\"orchids\"}"},
            "encoder.0.0.weight":{}}"#;
        let imported = r#"{"encoder.0.0.weight":{}}"#;
        for (name, header, title) in [
            ("best.safetensors", trained, "orchids"),
            ("last.safetensors", trained, "orchids"),
            ("Greenhouse.safetensors", trained, "Greenhouse"),
            ("best.safetensors", imported, "best"),
        ] {
            let (manifest, _folder) = manifest_of(name, header);
            assert_eq!(manifest["models"][0]["title"], title, "{name}");
        }
    }
}
