//! `cargo xtask fuzz`: every reader of files from elsewhere, under libFuzzer.
//!
//! Needs a nightly tool-chain and cargo-fuzz. `cargo xtask test` has the same readers on files
//! damaged at random, without either.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::cli;
use crate::command;
use crate::progress::step;
use crate::workspace::Workspace;

/// Of one reading, in seconds and MB: beyond them it is a find.
const LONGEST: u32 = 10;
const MOST_MEMORY: u32 = 2048;

pub fn run(workspace: &Workspace, arguments: &cli::Fuzz) -> Result<()> {
    let folder = workspace.root.join("fuzz");
    command::output(cargo(&folder).args(["fuzz", "--version"])).context(
        "`rustup toolchain install nightly` and `cargo install cargo-fuzz` give what this needs",
    )?;
    let all = command::output(cargo(&folder).args(["fuzz", "list"]))?;
    // The program that writes the good files is built beside the targets.
    let mut targets: Vec<&str> = all.lines().filter(|name| *name != "seeds").collect();
    if let Some(one) = &arguments.target {
        targets.retain(|name| name == one);
        ensure!(!targets.is_empty(), "there is no target '{one}'; there are\n{all}");
    }
    step("good files to start from", || {
        command::run(cargo(&folder).args(["run", "--quiet", "--release", "--bin", "seeds"]))
    })?;
    let mut lines = Vec::new();
    for name in targets {
        let (succeeded, printed) = step(&format!("fuzz {name}"), || {
            let mut fuzz = cargo(&folder);
            fuzz.args(["fuzz", "run", name, "--", "-print_final_stats=1"]);
            fuzz.arg(format!("-max_total_time={}", arguments.seconds));
            fuzz.arg(format!("-timeout={LONGEST}")).arg(format!("-rss_limit_mb={MOST_MEMORY}"));
            command::run_and_keep(&mut fuzz)
        })?;
        ensure!(succeeded, "{name} found something; it stands above and lies in fuzz/artifacts");
        lines.push(format!("{name}: {} executions, no find", executions(&printed)?));
    }
    println!("{}", lines.join("\n"));
    Ok(())
}

/// How many files were read, as libFuzzer's closing lines say.
fn executions(printed: &str) -> Result<u64> {
    const NAME: &str = "stat::number_of_executed_units:";
    let line = printed.lines().find_map(|line| line.strip_prefix(NAME));
    line.context("libFuzzer did not say how much it did")?.trim().parse().context("no number")
}

fn cargo(folder: &Path) -> Command {
    // Not the cargo that runs this program, which is of the stable tool-chain.
    let mut cargo = Command::new("cargo");
    cargo.arg("+nightly").current_dir(folder);
    cargo.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO_TARGET_DIR");
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_read_off_the_closing_lines() {
        let printed = "#2 INITED\nstat::number_of_executed_units: 4711\nstat::new_units_added: 3";
        assert_eq!(executions(printed).unwrap(), 4711);
        assert!(executions("nothing").is_err());
    }
}
