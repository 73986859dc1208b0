//! Progress on standard error, where that is a terminal; nothing in a log.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts to `length`, saying what is done and how long it will take.
#[must_use]
pub fn bar(what: &str, length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{msg:<24} {wide_bar:.cyan/dim} {pos}/{len} {elapsed} (left {eta})",
    );
    let bar = ProgressBar::new(length as u64).with_message(what.to_owned());
    // The template is fixed; where it could not be read the plain bar serves.
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A bar that counts bytes; its length is set once it is known.
#[must_use]
pub fn bytes(what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{msg:<24} {wide_bar:.cyan/dim} {bytes}/{total_bytes} {bytes_per_sec} (left {eta})",
    );
    let bar = ProgressBar::new(0).with_message(what.to_owned());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
