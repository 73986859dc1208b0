//! The built `fewshot` command, as a person runs it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// The status of a run that a signal ended.
pub const KILLED: i32 = -1;

/// What a run of the command left.
#[derive(Debug)]
pub struct Outcome {
    /// Exit status; [`KILLED`] where a signal ended it.
    pub status: i32,
    /// Results.
    pub stdout: String,
    /// Progress and errors.
    pub stderr: String,
}

/// The program: the one `FEWSHOT_BIN` names, or the one built beside these tests.
///
/// # Errors
/// Where it was not built.
pub fn program() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("FEWSHOT_BIN") {
        return Ok(named.into());
    }
    let tests = std::env::current_exe()?;
    let folder = tests.ancestors().nth(2).context("the tests lie below the build folder")?;
    let program = folder.join(format!("fewshot{}", std::env::consts::EXE_SUFFIX));
    ensure!(
        program.is_file(),
        "{} is missing: run `cargo build --workspace --exclude fewshot-wasm --bins` first",
        program.display()
    );
    Ok(program)
}

/// A run that is not started yet, for those that need more than arguments.
///
/// # Errors
/// Where the program was not built.
pub fn command<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Result<Command> {
    let mut command = Command::new(program()?);
    command.args(arguments).stdin(Stdio::null());
    Ok(command)
}

/// Runs `fewshot` with `arguments` to its end, whatever that is.
///
/// # Errors
/// Where it cannot be started.
pub fn fewshot<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Result<Outcome> {
    finish(&mut command(arguments)?)
}

/// Runs a prepared command to its end.
///
/// # Errors
/// Where it cannot be started.
pub fn finish(command: &mut Command) -> Result<Outcome> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    Ok(Outcome {
        status: output.status.code().unwrap_or(KILLED),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
    })
}

impl Outcome {
    /// The run, which must have succeeded.
    ///
    /// # Errors
    /// Where it did not, with what it said.
    pub fn succeeded(self) -> Result<Self> {
        ensure!(self.status == 0, "exit status {}: {}", self.status, self.stderr);
        Ok(self)
    }

    /// Standard output as one JSON object a line, of a run that succeeded.
    ///
    /// # Errors
    /// Where it failed, or printed anything else.
    pub fn json_lines(self) -> Result<Vec<Value>> {
        let parse = |line| serde_json::from_str(line).with_context(|| format!("not JSON: {line}"));
        self.succeeded()?.stdout.lines().map(parse).collect()
    }

    /// Checks that the run failed as the contract says: exit status 1, nothing on
    /// standard output, one line of error that holds all of `told`.
    ///
    /// # Errors
    /// Where it did not.
    pub fn refused(&self, told: &[&str]) -> Result<()> {
        ensure!(self.status == 1, "exit status {}, expected 1: {}", self.status, self.stderr);
        ensure!(self.stdout.is_empty(), "a failure printed results: {}", self.stdout);
        let errors: Vec<&str> =
            self.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        let [error] = errors[..] else {
            bail!("one line of error is due: {}", self.stderr);
        };
        ensure!(self.stderr.trim_end().ends_with(error), "more after the error: {}", self.stderr);
        for part in told {
            ensure!(error.contains(part), "'{part}' is not in '{error}'");
        }
        ensure!(!self.stderr.contains("panicked"), "it panicked: {}", self.stderr);
        Ok(())
    }
}

/// Runs `fewshot` with arguments of any kind: text, paths.
#[macro_export]
macro_rules! fewshot {
    ($($argument:expr),+ $(,)?) => {
        $crate::command::fewshot([$(std::ffi::OsStr::new($argument)),+])
    };
}
