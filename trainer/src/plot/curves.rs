//! The curves of a run: training loss on the left, accuracy on validation
//! classes on the right, the stages side by side.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::font::text;
use super::{Drawn, Figure, INK, MUTED, RULE, colour};

/// A named curve of (step over the whole run, value).
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// What it stands for, in the legend.
    pub name: String,
    /// Its points, by step.
    pub points: Vec<(f64, f64)>,
}

/// The curves of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvesFigure {
    /// What is shown.
    pub title: String,
    /// Kind of each stage and its last step over the whole run.
    pub stages: Vec<(String, f64)>,
    /// Mean training losses, a curve for each stage.
    pub losses: Vec<Curve>,
    /// Accuracies on validation classes, fractions.
    pub accuracies: Vec<Curve>,
}

const SIZE: (f64, f64) = (1000.0, 420.0);
const TOP: f64 = 64.0;
const BOTTOM: f64 = 340.0;
/// Left and right edges of the two panels.
const PANELS: [(f64, f64); 2] = [(64.0, 470.0), (560.0, 966.0)];

impl Figure for CurvesFigure {
    fn size(&self) -> (u32, u32) {
        (SIZE.0 as u32, SIZE.1 as u32)
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, scale: f64) -> Drawn<DB> {
        let title = text(18.0 * scale, INK);
        let place = ((24.0 * scale) as i32, (18.0 * scale) as i32);
        area.draw(&Text::new(self.title.as_str(), place, title))?;
        let [left, right] = PANELS;
        self.panel(area, scale, left, "training loss", &self.losses, 1.0)?;
        self.panel(area, scale, right, "validation accuracy, %", &self.accuracies, 100.0)
    }
}

impl CurvesFigure {
    fn panel<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
        scale: f64,
        (left, right): (f64, f64),
        heading: &str,
        curves: &[Curve],
        unit: f64,
    ) -> Drawn<DB> {
        let px = |value: f64| (value * scale).round() as i32;
        let anchored = |size: f64, colour, h, v| text(size * scale, colour).pos(Pos::new(h, v));
        let values = || curves.iter().flat_map(|curve| &curve.points).map(|(_, y)| y * unit);
        let ticks = ticks(values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
        let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
        let last = self.stages.last().map_or(1.0, |(_, end)| end.max(1.0));
        let x = |step: f64| px(left + step / last * (right - left));
        let y = |value: f64| px(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP));

        let above = anchored(13.0, INK, HPos::Left, VPos::Bottom);
        area.draw(&Text::new(heading, (px(left), px(TOP - 6.0)), above))?;
        let beside = anchored(11.0, MUTED, HPos::Right, VPos::Center);
        for tick in ticks {
            let ends = [(px(left), y(tick)), (px(right), y(tick))];
            area.draw(&PathElement::new(ends, RULE.stroke_width(px(1.0) as u32)))?;
            let label = format!("{tick:.3}");
            let label = label.trim_end_matches('0').trim_end_matches('.').to_owned();
            area.draw(&Text::new(label, (px(left - 8.0), y(tick)), beside.clone()))?;
        }
        let mut start = 0.0;
        let below = anchored(11.0, MUTED, HPos::Center, VPos::Top);
        for (kind, end) in &self.stages {
            let ends = [(x(*end), px(TOP)), (x(*end), px(BOTTOM))];
            area.draw(&PathElement::new(ends, MUTED.stroke_width(px(1.0) as u32)))?;
            // A stage of a step or two has no room for its name.
            if end - start > last * 0.08 {
                let middle = (x((start + end) / 2.0), px(BOTTOM + 6.0));
                area.draw(&Text::new(kind.as_str(), middle, below.clone()))?;
                let count = format!("{:.0}", end - start);
                let under = (middle.0, px(BOTTOM + 22.0));
                area.draw(&Text::new(count, under, below.clone()))?;
            }
            start = *end;
        }
        let mut across = left;
        let name = anchored(11.0, INK, HPos::Left, VPos::Center);
        for (number, curve) in curves.iter().enumerate() {
            let colour = colour(number);
            let path: Vec<_> =
                curve.points.iter().map(|&(step, value)| (x(step), y(value * unit))).collect();
            if let [only] = path[..] {
                area.draw(&Circle::new(only, px(2.5), colour.filled()))?;
            }
            area.draw(&PathElement::new(path, colour.stroke_width(px(1.5) as u32)))?;
            let row = px(BOTTOM + 54.0);
            area.draw(&Circle::new((px(across + 5.0), row), px(4.0), colour.filled()))?;
            area.draw(&Text::new(curve.name.as_str(), (px(across + 14.0), row), name.clone()))?;
            across += 26.0 + 6.0 * curve.name.len() as f64;
        }
        Ok(())
    }
}

/// Round values that enclose both, ascending, at least two.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    let wanted = ((high - low) / 5.0).max(1e-3);
    let magnitude = 10f64.powf(wanted.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * magnitude);
    let step = steps.into_iter().find(|step| *step >= wanted * 0.999).unwrap_or(wanted);
    let first = (low / step).floor();
    let count = ((high / step).ceil() - first).max(1.0) as usize;
    (0..=count).map(|tick| (first + tick as f64) * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_enclose_the_values_and_are_round() {
        assert_eq!(ticks(0.0, 1.0), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        let around = ticks(61.3, 78.9);
        assert!(around[0] <= 61.3 && around[around.len() - 1] >= 78.9, "{around:?}");
        assert!(ticks(f64::MAX, f64::MIN).len() > 1, "no values at all");
        assert!(ticks(2.0, 2.0).len() > 1, "a single value");
    }
}
