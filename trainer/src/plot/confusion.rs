//! Which class was taken for which: a row for each true class, a column for each
//! answer, cells as shares of the row in percent.
//!
//! Right answers and mistakes have a colour each, with a scale of its own: few
//! mistakes fall on any one class, and beside right ones all would be pale.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::font::{heading, shorten, text};
use super::{Drawn, Figure, INK, RULE, colour};

/// A matrix of shares.
#[derive(Clone, Debug)]
pub struct ConfusionFigure {
    /// What is shown.
    pub title: String,
    /// How it was made.
    pub subtitle: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// `shares[truth][answer]`, each row adding up to 1 or, without queries, to 0.
    pub shares: Vec<Vec<f64>>,
}

/// Nominal pixels.
const CELL: i32 = 28;
const LETTER: i32 = 7;
const MARGIN: i32 = 24;
const HEAD: i32 = 76;
/// Names are cut to so many letters.
const LETTERS: usize = 22;
/// Colours of the palette.
const RIGHT: usize = 0;
const WRONG: usize = 4;

impl Figure for ConfusionFigure {
    fn size(&self) -> (u32, u32) {
        let (left, top) = self.corner();
        let side = CELL * self.classes.len() as i32 + MARGIN;
        ((left + side).max(560) as u32, (top + side) as u32)
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, scale: f64) -> Drawn<DB> {
        let px = |value: i32| (f64::from(value) * scale).round() as i32;
        let at = |x: i32, y: i32| (px(x), px(y));
        let styled = |size: f64, colour, h, v| text(size * scale, colour).pos(Pos::new(h, v));
        heading(area, &self.title, &self.subtitle, scale)?;

        let (left, top) = self.corner();
        let worst = self.mistakes().fold(0.0f64, f64::max).max(f64::MIN_POSITIVE);
        let row_name = styled(11.0, INK, HPos::Right, VPos::Center);
        let column_name =
            styled(11.0, INK, HPos::Left, VPos::Center).transform(FontTransform::Rotate270);
        for (truth, (name, row)) in self.classes.iter().zip(&self.shares).enumerate() {
            let (name, along) = (shorten(name, LETTERS), CELL * truth as i32 + CELL / 2);
            area.draw(&Text::new(name.clone(), at(left - 8, top + along), row_name.clone()))?;
            area.draw(&Text::new(name, at(left + along, top - 8), column_name.clone()))?;
            for (answer, &share) in row.iter().enumerate() {
                let (hue, full) = if truth == answer { (RIGHT, 1.0) } else { (WRONG, worst) };
                let strength = share / full;
                let corner = (left + CELL * answer as i32, top + CELL * truth as i32);
                let cell = [at(corner.0, corner.1), at(corner.0 + CELL, corner.1 + CELL)];
                area.draw(&Rectangle::new(cell, towards_white(colour(hue), strength).filled()))?;
                area.draw(&Rectangle::new(cell, RULE.stroke_width(px(1) as u32)))?;
                let ink = if strength > 0.6 { WHITE } else { INK };
                let middle = at(corner.0 + CELL / 2, corner.1 + CELL / 2);
                let number = styled(10.0, ink, HPos::Center, VPos::Center);
                area.draw(&Text::new(percent(share), middle, number))?;
            }
        }
        Ok(())
    }
}

impl ConfusionFigure {
    /// Where the matrix begins: beside and below its names.
    fn corner(&self) -> (i32, i32) {
        let longest = self.classes.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let names = LETTER * longest.min(LETTERS) as i32 + 8;
        (MARGIN + names, HEAD + names)
    }

    fn mistakes(&self) -> impl Iterator<Item = f64> {
        let rows = self.shares.iter().enumerate();
        rows.flat_map(|(truth, row)| {
            let others = row.iter().enumerate().filter(move |(answer, _)| *answer != truth);
            others.map(|(_, share)| *share)
        })
    }
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent < 9.95 { format!("{percent:.1}") } else { format!("{percent:.0}") }
}

fn towards_white(RGBColor(red, green, blue): RGBColor, strength: f64) -> RGBColor {
    let mixed = |value: u8| (255.0 - (255.0 - f64::from(value)) * strength.clamp(0.0, 1.0)) as u8;
    RGBColor(mixed(red), mixed(green), mixed(blue))
}
