//! Accuracy with its interval against a few settings, a line for each series.
//!
//! The settings (0, 1, 10, 50, 100 hallucinations; 1, 5, 10 shots) are evenly
//! spaced and named, since their steps are not meant to be compared.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::font::{heading, text};
use super::{Drawn, Figure, INK, MUTED, RULE, colour};

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it stands for, in the legend.
    pub name: String,
    /// Mean and half width of the interval for each setting, fractions.
    pub values: Vec<(f64, f64)>,
}

/// Accuracy against a setting.
#[derive(Clone, Debug)]
pub struct AccuracyFigure {
    /// What is shown.
    pub title: String,
    /// How it was made.
    pub subtitle: String,
    /// What the settings are.
    pub axis: String,
    /// The settings.
    pub settings: Vec<String>,
    /// The lines.
    pub lines: Vec<Line>,
}

/// Edges of the plot, nominal pixels.
const SIZE: (i32, i32) = (760, 480);
const LEFT: i32 = 64;
const RIGHT: i32 = 600;
const TOP: i32 = 84;
const BOTTOM: i32 = 420;

impl Figure for AccuracyFigure {
    fn size(&self) -> (u32, u32) {
        (SIZE.0 as u32, SIZE.1 as u32)
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, scale: f64) -> Drawn<DB> {
        let px = |value: f64| (value * scale).round() as i32;
        let at = |x: i32, y: i32| (px(f64::from(x)), px(f64::from(y)));
        let anchored = |size: f64, colour, h, v| text(size * scale, colour).pos(Pos::new(h, v));
        heading(area, &self.title, &self.subtitle, scale)?;

        let ticks = self.ticks();
        let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
        let height = f64::from(BOTTOM - TOP);
        let y = |value: f64| f64::from(BOTTOM) - (value - low) / (high - low) * height;
        let step = f64::from(RIGHT - LEFT) / self.settings.len().max(1) as f64;
        let x = |index: usize| f64::from(LEFT) + (index as f64 + 0.5) * step;

        let right = anchored(12.0, MUTED, HPos::Right, VPos::Center);
        for tick in ticks {
            let ends = [(px(f64::from(LEFT)), px(y(tick))), (px(f64::from(RIGHT)), px(y(tick)))];
            area.draw(&PathElement::new(ends, RULE.stroke_width(px(1.0) as u32)))?;
            let label = format!("{:.4}", 100.0 * tick);
            let label = format!("{} %", label.trim_end_matches('0').trim_end_matches('.'));
            area.draw(&Text::new(label, (px(f64::from(LEFT - 8)), px(y(tick))), right.clone()))?;
        }
        let centred = anchored(12.0, MUTED, HPos::Center, VPos::Top);
        for (index, setting) in self.settings.iter().enumerate() {
            let place = (px(x(index)), px(f64::from(BOTTOM + 8)));
            area.draw(&Text::new(setting.as_str(), place, centred.clone()))?;
        }
        let middle = at((LEFT + RIGHT) / 2, BOTTOM + 30);
        area.draw(&Text::new(
            self.axis.as_str(),
            middle,
            anchored(13.0, INK, HPos::Center, VPos::Top),
        ))?;

        for (number, line) in self.lines.iter().enumerate() {
            let colour = colour(number);
            let stroke = colour.stroke_width(px(2.0) as u32);
            let means = line.values.iter().enumerate();
            let path: Vec<_> =
                means.map(|(index, (mean, _))| (px(x(index)), px(y(*mean)))).collect();
            area.draw(&PathElement::new(path.clone(), stroke))?;
            for ((index, (mean, half)), &point) in line.values.iter().enumerate().zip(&path) {
                let bar = [(px(x(index)), px(y(mean - half))), (px(x(index)), px(y(mean + half)))];
                area.draw(&PathElement::new(bar, stroke))?;
                area.draw(&Circle::new(point, px(4.0), colour.filled()))?;
            }
            let row = TOP + 10 + 22 * number as i32;
            area.draw(&Circle::new(at(RIGHT + 24, row), px(5.0), colour.filled()))?;
            let name = anchored(13.0, INK, HPos::Left, VPos::Center);
            area.draw(&Text::new(line.name.as_str(), at(RIGHT + 38, row), name))?;
        }
        Ok(())
    }
}

impl AccuracyFigure {
    /// Round values that enclose every interval, ascending, at least two.
    fn ticks(&self) -> Vec<f64> {
        let values = || self.lines.iter().flat_map(|line| &line.values);
        let low = values().map(|(mean, half)| mean - half).fold(f64::MAX, f64::min);
        let high = values().map(|(mean, half)| mean + half).fold(f64::MIN, f64::max);
        let (low, high) = if low <= high { (low.max(0.0), high.min(1.0)) } else { (0.0, 1.0) };
        let wanted = ((high - low) / 5.0).max(1e-4);
        let magnitude = 10f64.powf(wanted.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * magnitude);
        let step = steps.into_iter().find(|step| *step >= wanted * 0.999).unwrap_or(wanted);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let count = ((last - first) as usize).max(1);
        (0..=count).map(|tick| (first + tick as f64) * step).collect()
    }
}
