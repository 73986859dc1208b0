//! Failures on demand, for tests of what a run leaves behind: where the variable
//! `FEWSHOT_FAULT` is `kill:3`, the third step of writing ends the process as a power
//! cut would; where it is `full:3`, the disk is full from the third step on.
//!
//! Only in builds with debug assertions: a released program has no such switch.

use std::io::Result;

/// A step of writing that can fail.
///
/// # Errors
/// Where a test asked for a full disk.
#[cfg(not(debug_assertions))]
pub(super) const fn step() -> Result<()> {
    Ok(())
}

/// A step of writing that can fail.
///
/// # Errors
/// Where a test asked for a full disk.
#[cfg(debug_assertions)]
pub(super) fn step() -> Result<()> {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static WANTED: LazyLock<Option<(String, usize)>> = LazyLock::new(|| {
        let wanted = std::env::var("FEWSHOT_FAULT").ok()?;
        let (kind, number) = wanted.split_once(':')?;
        Some((kind.to_owned(), number.parse().ok()?))
    });
    static STEPS: AtomicUsize = AtomicUsize::new(0);

    let Some((kind, number)) = &*WANTED else { return Ok(()) };
    let step = STEPS.fetch_add(1, Ordering::SeqCst) + 1;
    match kind.as_str() {
        "kill" if step == *number => end(),
        "full" if step >= *number => Err(std::io::ErrorKind::StorageFull.into()),
        _ => Ok(()),
    }
}

/// Ends this process as it stands: nothing is flushed, dropped or handled.
#[cfg(debug_assertions)]
fn end() -> ! {
    let id = std::process::id().to_string();
    let killed = std::process::Command::new("kill").args(["-KILL", &id]).status();
    panic!("the process outlived SIGKILL: {killed:?}");
}
