//! Node.js, which runs npm's tools (Vite, wasm-opt, TypeScript, the browser tests).

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::progress::unchanged;

/// The oldest release of each line that Vite runs on: 20.19, and 22.12 of the next.
const OLDEST: [(u32, u32); 2] = [(20, 19), (22, 12)];

const CURE: &str = "install Node.js 20.19 or newer with npm, put it on the PATH, run this again";

pub fn ensure() -> Result<()> {
    let version = command::output(Command::new("node").arg("--version")).context(CURE)?;
    if !suffices(&version) {
        bail!("Node.js {version} is too old for the page's tools: {CURE}");
    }
    let npm = command::output(Command::new("npm").arg("--version")).context(CURE)?;
    unchanged("Node.js", &format!("{version}, npm {npm}"));
    Ok(())
}

fn suffices(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return false;
    };
    let [(first, first_minor), (second, second_minor)] = OLDEST;
    match major {
        _ if major == first => minor >= first_minor,
        _ if major == second => minor >= second_minor,
        _ => major > second,
    }
}

#[cfg(test)]
mod tests {
    use super::suffices;

    #[test]
    fn the_releases_that_vite_runs_on_suffice() {
        for good in ["v20.19.0", "v20.20.2", "v22.12.1", "v24.0.0", "v26.1.0"] {
            assert!(suffices(good), "{good}");
        }
        for bad in ["v18.20.0", "v20.18.9", "v21.7.0", "v22.11.0", "twenty", ""] {
            assert!(!suffices(bad), "{bad}");
        }
    }
}
