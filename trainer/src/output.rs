//! Results on standard output, a line at a time. Progress and notes are not
//! here: they go to standard error.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use anyhow::Result;

/// Prints one line of results at once, so that a script reading along sees it.
///
/// # Errors
/// Where standard output is closed or full; see [`is_closed`].
pub fn line(text: impl Display) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Whether an error is only that the reader of the results went away.
#[must_use]
pub fn is_closed(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// A message without its line breaks, so that scripts find it whole.
#[must_use]
pub fn one_line(message: &str) -> String {
    message.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_several_lines_becomes_one() {
        assert_eq!(one_line("looked for:\n  - this\n  - that"), "looked for: - this - that");
    }

    #[test]
    fn only_a_closed_pipe_is_no_failure() {
        assert!(is_closed(&std::io::Error::from(ErrorKind::BrokenPipe).into()));
        assert!(!is_closed(&std::io::Error::from(ErrorKind::StorageFull).into()));
    }
}
