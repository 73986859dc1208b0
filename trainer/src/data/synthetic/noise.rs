//! Value noise: the unevenness of living things, without a table.

/// Smooth noise of 0 to 1 with a feature a unit apart; `seed` tells fields apart.
pub fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let (column, row) = (x.floor(), y.floor());
    let (fx, fy) = (x - column, y - row);
    let (sx, sy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
    let at = |i: i32, j: i32| lattice(column as i32 + i, row as i32 + j, seed);
    let top = at(0, 0) + (at(1, 0) - at(0, 0)) * sx;
    let bottom = at(0, 1) + (at(1, 1) - at(0, 1)) * sx;
    top + (bottom - top) * sy
}

/// A number of 0 to 1 for a lattice point: a mixing of bits after Jenkins.
fn lattice(column: i32, row: i32, seed: u32) -> f32 {
    let mut hash = (column as u32).wrapping_mul(0x9e37_79b1)
        ^ (row as u32).wrapping_mul(0x85eb_ca77)
        ^ seed.wrapping_mul(0xc2b2_ae3d);
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    hash = (hash ^ (hash >> 12)).wrapping_mul(0x297a_2d39);
    (hash >> 8) as f32 / 16_777_216.0
}
