//! The one typeface of figures: built in, so that PNG needs none of the system's.

use anyhow::{Result, bail};
use plotters::prelude::*;
use plotters::style::{FontStyle, RGBColor, TextStyle, register_font};

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
