//! Prepared bytes to the backbone's input: `(value / 255 - mean) / std`.

use super::ImageError;
use crate::config::ImageConfig;

/// Turns prepared bytes into the backbone's input.
///
/// # Shapes
/// `prepared`: `(S, S, C)` `u8`; returns `(C, S, S)` `f32`.
///
/// # Errors
/// As [`normalise_into`].
pub fn normalise(config: &ImageConfig, prepared: &[u8]) -> Result<Vec<f32>, ImageError> {
    let mut out = vec![0.0; prepared.len()];
    normalise_into(config, prepared, &mut out)?;
    Ok(out)
}

/// [`normalise`] into a given slice, for batches assembled in one buffer.
///
/// # Shapes
/// `prepared`: `(S, S, C)` `u8`; `out`: `(C, S, S)` `f32`.
///
/// # Errors
/// Where a slice has another length, or mean and deviation do not hold one
/// value a channel with the deviation positive.
pub fn normalise_into(
    config: &ImageConfig,
    prepared: &[u8],
    out: &mut [f32],
) -> Result<(), ImageError> {
    let channels = config.channels;
    let area = config.size * config.size;
    for actual in [prepared.len(), out.len()] {
        if actual != area * channels || actual == 0 {
            return Err(ImageError::Prepared { expected: area * channels, actual });
        }
    }
    let usable = |std: &f32| *std > 0.0 && std.is_finite();
    if config.mean.len() != channels
        || config.std.len() != channels
        || !config.std.iter().all(usable)
    {
        return Err(ImageError::Normalisation { channels });
    }
    let statistics = config.mean.iter().zip(&config.std);
    for ((channel, plane), (&mean, &std)) in out.chunks_exact_mut(area).enumerate().zip(statistics)
    {
        // 256 possible values: a division each instead of one a pixel.
        let table: [f32; 256] = std::array::from_fn(|value| (value as f32 / 255.0 - mean) / std);
        let values = prepared[channel..].iter().step_by(channels);
        for (target, &value) in plane.iter_mut().zip(values) {
            *target = table[usize::from(value)];
        }
    }
    Ok(())
}
