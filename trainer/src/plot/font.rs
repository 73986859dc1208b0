//! Text of figures, in one typeface: built in, so that PNG needs none of the system's.

use anyhow::{Result, bail};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, RGBColor, TextStyle, register_font};

use super::{Drawn, INK, MUTED};

/// DejaVu Sans, reduced to Latin, Greek, Cyrillic and a few signs.
static BYTES: &[u8] = include_bytes!("../../assets/dejavu-sans/DejaVuSans-subset.ttf");

/// Makes the typeface known to plotters, which measures text in SVG by it too.
pub fn register() -> Result<()> {
    if register_font("sans-serif", FontStyle::Normal, BYTES).is_err() {
        bail!("the built-in typeface cannot be read; build the program again");
    }
    Ok(())
}

/// Text of a size in pixels.
pub fn text(size: f64, colour: RGBColor) -> TextStyle<'static> {
    let colour = colour.to_backend_color();
    TextStyle { color: colour, ..TextStyle::from(("sans-serif", size).into_font()) }
}

/// What is shown, and below it how it was made, in the upper left corner.
pub fn heading<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    title: &str,
    subtitle: &str,
    scale: f64,
) -> Drawn<DB> {
    let at = |y: f64| ((24.0 * scale).round() as i32, (y * scale).round() as i32);
    area.draw(&Text::new(title, at(18.0), text(20.0 * scale, INK)))?;
    area.draw(&Text::new(subtitle, at(48.0), text(13.0 * scale, MUTED)))
}

/// A name of at most so many letters, the last an ellipsis where some are left out.
pub fn shorten(name: &str, letters: usize) -> String {
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    name.chars().take(letters - 1).chain(['…']).collect()
}
