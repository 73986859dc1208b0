//! Exit status 2 for what cannot be understood, and help that lists what there is.

use anyhow::{Result, ensure};
use fewshot_tests::fewshot;

#[test]
fn usage_errors_have_a_status_of_their_own() -> Result<()> {
    for wrong in [
        &["fly"][..],
        &["eval"],
        &["eval", "--weights", "w", "--distance", "manhattan"],
        &["eval", "--weights", "w", "--ways", "five"],
        &["eval", "--weights", "w", "--hallucinate", "0,1001"],
        &["tsne", "--weights", "w", "--out", "a.svg", "--hallucinate", "1000000"],
        &["predict", "--weights", "w", "--support", "s", "--query", "q", "--hallucinate", "100000"],
        &["eval", "--weights", "w", "--split", "exam"],
        &["next", "--weights", "w", "--support", "s"],
        &["next", "--weights", "w", "--data", "d", "--support", "s"],
        &["next", "--weights", "w", "--support", "s", "--query", "q", "--ways", "3"],
        &["predict", "--weights", "w"],
        &["predict"],
        &["predict", "--undo", "d", "--weights", "w"],
        &["predict", "--weights", "w", "--support", "s", "--query", "q", "--move"],
        &["predict", "--weights", "w", "--support", "s", "--query", "q", "--link", "soft"],
        &["train"],
        &["train", "--recipe", "synthetic", "--device", "abacus"],
        &["bench", "sleep"],
        &["sweep"],
        &["sweep", "plan", "grid"],
        &["sweep", "run", "grid", "first"],
        &["completions", "dos"],
        &["man"],
        &["data", "download"],
    ] {
        let outcome = fewshot_tests::command::fewshot(wrong)?;
        ensure!(outcome.status == 2, "{wrong:?}: exit status {}", outcome.status);
        ensure!(outcome.stdout.is_empty() && !outcome.stderr.is_empty(), "{wrong:?}: {outcome:?}");
    }
    Ok(())
}

#[test]
fn help_lists_every_command() -> Result<()> {
    let help = fewshot!("--help")?.succeeded()?.stdout;
    for command in [
        "train",
        "eval",
        "predict",
        "next",
        "embed",
        "tsne",
        "data",
        "info",
        "bench",
        "runs",
        "sweep",
        "completions",
        "man",
    ] {
        ensure!(help.lines().any(|line| line.trim().starts_with(command)), "{command} in\n{help}");
        fewshot!(command, "--help")?.succeeded()?;
    }
    Ok(())
}
