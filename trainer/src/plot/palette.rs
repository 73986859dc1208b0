//! Colours that people with any kind of colour vision tell apart.

use plotters::style::RGBColor;

/// Text and outlines.
pub const INK: RGBColor = RGBColor(28, 28, 32);
/// Text of second rank.
pub const MUTED: RGBColor = RGBColor(96, 96, 104);
/// Frames and grid lines.
pub const RULE: RGBColor = RGBColor(218, 218, 224);

/// Okabe and Ito (2008), without the yellow that vanishes on white.
const OKABE_ITO: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
    RGBColor(86, 180, 233),
    RGBColor(70, 70, 70),
];

/// The colour of a class by its number; each round after the first is darker.
#[must_use]
pub fn colour(number: usize) -> RGBColor {
    let RGBColor(red, green, blue) = OKABE_ITO[number % OKABE_ITO.len()];
    let rounds = (number / OKABE_ITO.len()).min(3) as i32;
    let darker = |value: u8| (f64::from(value) * 0.6f64.powi(rounds)) as u8;
    RGBColor(darker(red), darker(green), darker(blue))
}
