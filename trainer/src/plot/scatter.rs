//! Points of several classes and kinds in the plane, with a legend.
//!
//! The axes of t-SNE mean nothing, so there are none.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::font::{heading, shorten, text};
use super::{Drawn, Figure, INK, MUTED, RULE, colour};

/// What a point is; each kind has a marker of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A support picture: a disc.
    Real,
    /// A hallucinated feature: a cross.
    Hallucinated,
    /// A prototype: a star.
    Prototype,
}

impl Kind {
    /// In drawing order: what matters most on top.
    const ALL: [Self; 3] = [Self::Hallucinated, Self::Real, Self::Prototype];

    const fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Hallucinated => "hallucinated",
            Self::Prototype => "prototype",
        }
    }
}

/// A point.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// Where it is, in any unit.
    pub at: [f32; 2],
    /// Its class, as an index of the figure's classes.
    pub class: usize,
    /// What it is.
    pub kind: Kind,
}

/// A scatter.
#[derive(Clone, Debug)]
pub struct ScatterFigure {
    /// What is shown.
    pub title: String,
    /// How it was made.
    pub subtitle: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The points.
    pub marks: Vec<Mark>,
}

/// Side of the square of points, and what surrounds it, nominal pixels.
const SIDE: i32 = 600;
const LEFT: i32 = 24;
const TOP: i32 = 76;
const LEGEND_WIDTH: i32 = 230;
/// Between the frame and the outermost points.
const PADDING: f64 = 24.0;
const LINE_HEIGHT: i32 = 22;
/// Longest class name in the legend, letters.
const LONGEST_NAME: usize = 26;

impl Figure for ScatterFigure {
    fn size(&self) -> (u32, u32) {
        // Twenty ways and more make the legend longer than the square.
        let lines = self.classes.len() as i32 + Kind::ALL.len() as i32 + 1;
        let height = TOP + SIDE.max(lines * LINE_HEIGHT) + LEFT;
        ((LEFT + SIDE + LEGEND_WIDTH) as u32, height as u32)
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, scale: f64) -> Drawn<DB> {
        let px = |value: i32| (f64::from(value) * scale) as i32;
        heading(area, &self.title, &self.subtitle, scale)?;
        let frame = [(px(LEFT), px(TOP)), (px(LEFT + SIDE), px(TOP + SIDE))];
        area.draw(&Rectangle::new(frame, RULE.stroke_width(scale as u32)))?;
        let place = self.placement(scale);
        for kind in Kind::ALL {
            for mark in self.marks.iter().filter(|mark| mark.kind == kind) {
                draw_mark(area, kind, place(mark.at), colour(mark.class), scale)?;
            }
        }
        self.legend(area, scale)
    }
}

impl ScatterFigure {
    /// Maps positions into the frame with one scale for both axes.
    fn placement(&self, scale: f64) -> impl Fn([f32; 2]) -> (i32, i32) + use<> {
        let bounds = |axis: usize| {
            let values = self.marks.iter().map(|mark| f64::from(mark.at[axis]));
            values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)))
        };
        let ((left, right), (bottom, top)) = (bounds(0), bounds(1));
        let extent = (right - left).max(top - bottom).max(f64::MIN_POSITIVE);
        let unit = (f64::from(SIDE) - 2.0 * PADDING) / extent;
        let middle = [(left + right) / 2.0, (bottom + top) / 2.0];
        let centre = [f64::from(LEFT + SIDE / 2), f64::from(TOP + SIDE / 2)];
        move |at| {
            let x = centre[0] + (f64::from(at[0]) - middle[0]) * unit;
            let y = centre[1] - (f64::from(at[1]) - middle[1]) * unit;
            ((x * scale).round() as i32, (y * scale).round() as i32)
        }
    }

    fn legend<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, scale: f64) -> Drawn<DB> {
        let px = |value: i32| (f64::from(value) * scale) as i32;
        let style = text(13.0 * scale, INK).pos(Pos::new(HPos::Left, VPos::Center));
        let left = LEFT + SIDE + 24;
        let mut top = TOP + 8;
        for (class, name) in self.classes.iter().enumerate() {
            let swatch = Circle::new((px(left), px(top)), px(5), colour(class).filled());
            area.draw(&swatch)?;
            let name = shorten(name, LONGEST_NAME);
            area.draw(&Text::new(name, (px(left + 18), px(top)), style.clone()))?;
            top += LINE_HEIGHT;
        }
        top += LINE_HEIGHT / 2;
        for kind in [Kind::Real, Kind::Hallucinated, Kind::Prototype] {
            if self.marks.iter().any(|mark| mark.kind == kind) {
                draw_mark(area, kind, (px(left), px(top)), MUTED, scale)?;
                let name = Text::new(kind.name(), (px(left + 18), px(top)), style.clone());
                area.draw(&name)?;
                top += LINE_HEIGHT;
            }
        }
        Ok(())
    }
}

fn draw_mark<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    kind: Kind,
    at: (i32, i32),
    colour: RGBColor,
    scale: f64,
) -> Drawn<DB> {
    let px = |value: f64| (value * scale).round() as i32;
    match kind {
        Kind::Real => {
            area.draw(&Circle::new(at, px(6.0), colour.filled()))?;
            // A light rim keeps discs that lie on each other apart.
            area.draw(&Circle::new(at, px(6.0), WHITE.stroke_width(px(1.0) as u32)))
        }
        Kind::Hallucinated => {
            let style = colour.mix(0.75).stroke_width(px(1.5) as u32);
            area.draw(&Cross::new(at, px(3.5), style))
        }
        Kind::Prototype => {
            let corners: Vec<(i32, i32)> = (0..10)
                .map(|corner| {
                    let radius = if corner % 2 == 0 { 12.0 } else { 5.0 } * scale;
                    let (sin, cos) = (std::f64::consts::PI * f64::from(corner) / 5.0).sin_cos();
                    let offset = |value: f64| (value * radius).round() as i32;
                    (at.0 + offset(sin), at.1 - offset(cos))
                })
                .collect();
            area.draw(&Polygon::new(corners.clone(), colour.filled()))?;
            let rim = corners.iter().copied().chain(corners.first().copied());
            area.draw(&PathElement::new(rim.collect::<Vec<_>>(), INK.stroke_width(px(1.2) as u32)))
        }
    }
}
