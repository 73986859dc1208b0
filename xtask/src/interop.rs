//! `cargo xtask interop`: the learner beside PyTorch and onnxruntime, by the scripts of
//! `tests/interop`, each of which fails where the two differ.

use std::process::Command;

use anyhow::Result;

use crate::bench::torch;
use crate::command;
use crate::progress::step;
use crate::test::crates;
use crate::workspace::Workspace;

/// What is shown, and the script that shows it.
const SCRIPTS: [(&str, &str); 3] = [
    ("our files in a few lines of PyTorch", "same_features.py"),
    ("exported graphs in onnxruntime", "onnx_graphs.py"),
    ("a ProtoNet trained and saved by PyTorch", "train_protonet.py"),
];

pub fn run(workspace: &Workspace) -> Result<()> {
    let python = torch::interpreter(workspace)?;
    // As the tests have it, which are as a rule built already.
    let trainer = step("build the trainer", || crates::trainer(workspace))?;
    for (what, script) in SCRIPTS {
        let printed = step(what, || {
            let mut process = Command::new(&python);
            process.arg(workspace.root.join("tests/interop").join(script)).arg(&trainer);
            command::output(&mut process)
        })?;
        println!("{printed}");
    }
    Ok(())
}
