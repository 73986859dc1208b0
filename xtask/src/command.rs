//! Running other programs: a missing one, or one that fails, becomes a sentence with its cure.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, bail};

/// `cargo` as the cargo that runs this program.
///
/// `RUSTFLAGS` would silently replace the flags of `.cargo/config.toml` that the wasm build
/// cannot do without, so callers that build for wasm remove it; see [`without_flags`]. What cargo
/// told this program about itself is left out: build scripts that look at it (ring's) would run
/// again after every call by hand, and with them whatever depends on them would be built anew.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let names = std::env::vars_os().map(|(name, _value)| name);
    let of_this_program = |name: &OsString| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    };
    for name in names.filter(of_this_program) {
        cargo.env_remove(name);
    }
    cargo
}

/// Removes compiler flags of the caller's environment: they would override the target's own.
pub fn without_flags(command: &mut Command) -> &mut Command {
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS")
}

/// Runs to the end with the output shown as it comes.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| not_started(command))?;
    if status.success() {
        return Ok(());
    }
    bail!("`{}` failed ({status}); its own message stands above", line(command))
}

/// Runs to the end without showing output, and returns what it wrote to stdout.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| not_started(command))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    bail!("`{}` failed ({}): {}", line(command), output.status, message.trim())
}

/// Runs to the end with stdout and stderr both shown as they come and kept; also says whether
/// it succeeded. Test runners need this: their closing lines are counted.
pub fn run_and_keep(command: &mut Command) -> Result<(bool, String)> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| not_started(command))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let kept = Mutex::new(String::new());
    thread::scope(|scope| {
        let readers: [Option<Box<dyn Read + Send>>; 2] =
            [out.map(|pipe| Box::new(pipe) as _), err.map(|pipe| Box::new(pipe) as _)];
        for pipe in readers.into_iter().flatten() {
            scope.spawn(|| show_and_keep(pipe, &kept));
        }
    });
    let status = child.wait().with_context(|| not_started(command))?;
    let kept = kept.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok((status.success(), kept))
}

fn show_and_keep(pipe: Box<dyn Read + Send>, kept: &Mutex<String>) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let text = String::from_utf8_lossy(&line);
        // A closed stdout must not end the run that is being watched.
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
        kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push_str(&text);
        line.clear();
    }
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}

fn not_started(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    format!("cannot start `{program}`: install it, or put it on the PATH, then run this again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_its_cure() {
        let error = run(&mut Command::new("no-such-program-fewshot")).unwrap_err();
        assert!(format!("{error:#}").contains("`no-such-program-fewshot`: install it"));
    }

    #[test]
    fn both_streams_of_a_failing_command_are_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo told; echo warned >&2; exit 3"]);
        let (succeeded, kept) = run_and_keep(&mut command).unwrap();
        assert!(!succeeded);
        assert!(kept.contains("told\n") && kept.contains("warned\n"), "{kept}");
    }
}
