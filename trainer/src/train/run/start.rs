//! What a run starts from: its checkpoint, fresh weights, those of a file, or the best
//! of the stage before.

use std::path::Path;

use anyhow::Result;
use candle_core::{Device, Var};
use fewshot::{ModelConfig, Parameters};
use serde_json::{Map, Value};

use crate::run_dir::state::{Found, State};
use crate::run_dir::{RunDir, metrics};
use crate::{output, weights, write};

/// The checkpoint of a run, and its folder as it was then: what was written after it
/// will be written again. None where the run has none yet.
pub(super) fn go_on(folder: &RunDir) -> Result<Option<State>> {
    let Some(Found { state, instead }) = State::find(folder)? else {
        eprintln!("the run has no checkpoint yet; it begins again");
        metrics::cut(folder, 0)?;
        return Ok(None);
    };
    if let Some(sentence) = instead {
        eprintln!("warning: {}", output::one_line(&sentence));
        State::forget_newest(folder)?;
    }
    metrics::cut(folder, state.position.metrics_bytes)?;
    let best = folder.best();
    if !state.best.is_empty() && std::fs::read(&best).ok().as_ref() != Some(&state.best) {
        if let Err(error) = weights::read(&best) {
            let sentence = output::one_line(&format!("{error:#}"));
            eprintln!("warning: {sentence}; written anew from the checkpoint");
        }
        write::atomically(&best, &state.best)?;
    }
    Ok(Some(state))
}

/// Replaces fresh tensors by those of a file, wherever name and shape are the
/// same; the encoder's must be. Returns the file's provenance.
pub(super) fn start_from(
    fresh: &mut Parameters,
    config: &ModelConfig,
    path: &Path,
    device: &Device,
) -> Result<Map<String, Value>> {
    let given = weights::read(path)?;
    let mut taken = Parameters::default();
    for (name, tensor) in fresh.iter() {
        match given.parameters.find(name) {
            Some(found) if found.dims() == tensor.dims() => {
                taken.insert(name, found.to_device(device)?);
            }
            found if name.starts_with("encoder.") => anyhow::bail!(
                "training cannot start from {}: {name} is {}, the recipe's model has {:?}; set \
                 model.encoder and model.image as in that file (`fewshot info` shows them)",
                path.display(),
                found.map_or_else(|| "not there".to_owned(), |found| format!("{:?}", found.dims())),
                tensor.dims()
            ),
            _ => {}
        }
    }
    let [here, there] = [config, &given.config].map(|config| &config.image);
    if here != there {
        eprintln!(
            "note: {} prepared its pictures differently; the recipe's model.image holds",
            path.display()
        );
    }
    fresh.extend(taken);
    Ok(given.provenance)
}

/// Sets every variable of `live` that `given` has.
pub(super) fn adopt(live: &Parameters, given: &Parameters) -> Result<()> {
    for (name, tensor) in live.iter() {
        if let Some(given) = given.find(name) {
            let given = given.detach().to_device(tensor.device())?;
            // A copy: setting a variable to itself would lock its storage twice.
            Var::from_tensor(tensor)?.set(&given.copy()?)?;
        }
    }
    Ok(())
}
