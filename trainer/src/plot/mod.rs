//! Figures as SVG or PNG files, the same on every machine.
//!
//! A figure draws itself on any backend of plotters in units of a nominal pixel;
//! PNG has twice as many. Which numbers are drawn is the commands' affair.

mod accuracy;
mod confusion;
mod curves;
mod font;
mod palette;
mod scatter;

use std::path::Path;

use anyhow::{Context, Result, bail};
use plotters::coord::Shift;
use plotters::prelude::*;

pub use accuracy::{AccuracyFigure, Line};
pub use confusion::ConfusionFigure;
pub use curves::{Curve, CurvesFigure};
pub use palette::{INK, MUTED, RULE, colour};
pub use scatter::{Kind, Mark, ScatterFigure};

/// Pixels of a PNG for each of a figure's.
const PNG_SCALE: u32 = 2;
/// Each of them is the mean of so many squared, since plotters draws hard edges.
const SAMPLES: u32 = 3;

/// What drawing on a backend can fail with.
pub type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// Something that can be drawn.
pub trait Figure {
    /// Width and height in nominal pixels.
    fn size(&self) -> (u32, u32);

    /// Draws on an area of [`Self::size`] times `scale`.
    ///
    /// # Errors
    /// Where the backend fails.
    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, scale: f64) -> Drawn<DB>;
}

/// How a figure is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines and text that scale.
    Svg,
    /// Pixels.
    Png,
}

impl Format {
    /// The format that a path's ending names: to be asked before long work.
    ///
    /// # Errors
    /// Where it is neither `.svg` nor `.png`.
    pub fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            _ => bail!("cannot draw {}: name it .svg or .png", path.display()),
        }
    }
}

/// Draws a figure and writes it whole to `path`.
///
/// # Errors
/// Where the ending is neither `.svg` nor `.png`, or the file cannot be written.
pub fn save(figure: &impl Figure, path: &Path) -> Result<()> {
    let bytes = match Format::of(path)? {
        Format::Svg => svg(figure),
        Format::Png => png(figure),
    };
    let bytes = bytes.with_context(|| format!("cannot draw {}", path.display()))?;
    crate::write::atomically(path, &bytes)
}

/// The text of an SVG file.
fn svg(figure: &impl Figure) -> Result<Vec<u8>> {
    font::register()?;
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, figure.size()).into_drawing_area();
        area.fill(&WHITE)?;
        figure.draw(&area, 1.0)?;
        area.present()?;
    }
    Ok(text.into_bytes())
}

/// The bytes of a PNG file.
fn png(figure: &impl Figure) -> Result<Vec<u8>> {
    font::register()?;
    let (width, height) = figure.size();
    let scale = PNG_SCALE * SAMPLES;
    let (wide, high) = (width * scale, height * scale);
    let mut pixels = vec![255; (wide * high * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (wide, high)).into_drawing_area();
        figure.draw(&area, f64::from(scale))?;
        area.present()?;
    }
    let samples = image::RgbImage::from_raw(wide, high, pixels)
        .context("the picture's buffer has another size than the picture")?;
    let picture = image::imageops::thumbnail(&samples, width * PNG_SCALE, height * PNG_SCALE);
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests;
