//! Colours of drawn pictures: RGB of 0 to 1, and how they are mixed.

/// Red, green and blue, 0 to 1 (more than 1 is clipped in the end).
pub type Rgb = [f32; 3];

/// Hue (in turns), saturation and value to RGB.
pub fn hsv(hue: f32, saturation: f32, value: f32) -> Rgb {
    [5.0, 3.0, 1.0].map(|offset: f32| {
        let k = (offset + hue * 6.0).rem_euclid(6.0);
        value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)
    })
}

/// From `a` (at 0) to `b` (at 1).
pub fn mix(a: Rgb, b: Rgb, share: f32) -> Rgb {
    let share = share.clamp(0.0, 1.0);
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * share)
}

/// Brighter or darker.
pub fn scale(colour: Rgb, factor: f32) -> Rgb {
    colour.map(|value| value * factor)
}

/// 0 below `low`, 1 above `high`, smooth between; falls where `high` is below `low`.
pub fn smooth(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
