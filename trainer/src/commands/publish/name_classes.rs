//! `fewshot publish --name-classes`: the classes that a published model has seen,
//! written into the provenance of its file. For models published before files named
//! them; every number of the model stays as it is, bit for bit.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fewshot::{Checkpoint, Precision};
use serde_json::Value;

use super::{cards, digest, manifest};
use crate::data::{DataSource, Split};
use crate::{output, seen, weights, write};
use manifest::Manifest;

/// Names the classes of the model `id` of the folder `to`, which was trained on
/// `source`.
///
/// # Errors
/// Where there is no such model, or the data is not what its file says.
pub fn run(to: &Path, id: &str, source: &DataSource) -> Result<()> {
    let mut manifest = Manifest::read(to)?;
    let entry = manifest.models.iter_mut().find(|entry| entry.id == id);
    let entry = entry.with_context(|| format!("{} has no model '{id}'", to.display()))?;
    let path = to.join(&entry.file);
    let published = weights::read(&path)?;
    let named = with_names(&published, source)
        .with_context(|| format!("{} was not trained on this data", path.display()))?;
    let bytes = same_numbers(&named)?;
    let read = Checkpoint::from_bytes(&bytes)?;
    ensure!(
        read.fingerprint()? == published.fingerprint()? && read.config == published.config,
        "the numbers of {} would change",
        path.display()
    );
    entry.bytes = bytes.len();
    entry.sha256 = digest(&bytes);
    write::atomically(&path, &bytes)?;
    write::json(&to.join(manifest::FILE), &manifest)?;
    write::text(&to.join("README.md"), &cards::text(&manifest))?;
    output::line(format!("{}: its classes are named", path.display()))
}

/// The checkpoint with the classes in its provenance, where their numbers are those
/// that it records already.
fn with_names(published: &Checkpoint, source: &DataSource) -> Result<Checkpoint> {
    let data = published.provenance.get("data").and_then(Value::as_str).unwrap_or_default();
    ensure!(data == source.name(), "its data is {data}, this is {}", source.name());
    let mut named = published.clone();
    for split in [Split::Train, Split::Val] {
        let mut record = seen::record(&source.split(split)?, &source.all());
        let recorded = published.provenance.get(split.name()).cloned().unwrap_or_default();
        ensure!(
            recorded.get("classes") == record.get("classes"),
            "its {split} classes are {}, here are {}",
            recorded["classes"],
            record["classes"]
        );
        // Validation may have looked at some of the pictures only.
        record["images"] = recorded["images"].clone();
        named.provenance.insert(split.name().to_owned(), record);
    }
    Ok(named)
}

/// The bytes of a file, in the precision that changes no number.
fn same_numbers(checkpoint: &Checkpoint) -> Result<Vec<u8>> {
    let fingerprint = checkpoint.fingerprint()?;
    for precision in [Precision::F16, Precision::F32] {
        let bytes = checkpoint.to_bytes(precision)?;
        if Checkpoint::from_bytes(&bytes)?.fingerprint()? == fingerprint {
            return Ok(bytes);
        }
    }
    anyhow::bail!("its numbers are stored in no known precision")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::data::{Class, ImageSource};
    use crate::testing;

    fn source(train: &[&str]) -> DataSource {
        let class = |id: &&str| Class {
            id: (*id).to_owned(),
            name: (*id).to_owned(),
            images: vec![ImageSource::file(format!("{id}/1.png").into())],
        };
        let listing = [train, &["cow"], &["emu"]].map(|ids| Some(ids.iter().map(class).collect()));
        DataSource::from_listing("pets", listing).unwrap()
    }

    #[test]
    fn names_are_added_where_the_data_is_that_of_the_file_and_no_number_changes() {
        let mut published = testing::checkpoint(16, 3);
        published.provenance = json!({
            "data": "pets",
            "train": {"classes": 2, "images": 40},
            "val": {"classes": 1, "images": 20},
        })
        .as_object()
        .unwrap()
        .clone();
        let named = with_names(&published, &source(&["cat", "dog"])).unwrap();
        let train = json!({"classes": 2, "images": 40, "names": ["cat", "dog"]});
        assert_eq!(named.provenance["train"], train);
        assert_eq!(named.provenance["val"]["names"], json!(["cow"]));
        let read = Checkpoint::from_bytes(&same_numbers(&named).unwrap()).unwrap();
        assert_eq!(read.fingerprint().unwrap(), published.fingerprint().unwrap());
        let error = with_names(&published, &source(&["cat"])).unwrap_err().to_string();
        assert!(error.contains("train classes are 2, here are 1"), "{error}");
    }
}
