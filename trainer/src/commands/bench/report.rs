//! What the command says, as one line or one JSON object.

use std::fmt;

use clap::ValueEnum;
use fewshot::ModelConfig;
use serde::Serialize;

use super::episode::Stages;
use crate::cli::BenchWhat;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    what: String,
    backbone: String,
    image_size: usize,
    batch: usize,
    threads: usize,
    images_per_second: f64,
    ms_per_image: f64,
    ms_per_batch: f64,
    /// The most memory the process has held, where the system says.
    peak_memory_bytes: Option<u64>,
    /// Parts of an episode, milliseconds, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    stages_ms: Option<Vec<(&'static str, f64)>>,
    /// Milliseconds to make an episode's pictures, on a thread beside the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pictures_ms: Option<f64>,
}

impl Report {
    /// `seconds` is what one batch takes.
    pub fn new(what: BenchWhat, config: &ModelConfig, batch: usize, seconds: f64) -> Self {
        let what = what.to_possible_value();
        let images = batch as f64;
        Self {
            what: what.map(|what| what.get_name().to_owned()).unwrap_or_default(),
            backbone: config.backbone.name().to_owned(),
            image_size: config.image.size,
            batch,
            threads: rayon::current_num_threads(),
            images_per_second: images / seconds,
            ms_per_image: seconds * 1e3 / images,
            ms_per_batch: seconds * 1e3,
            peak_memory_bytes: peak_memory_bytes(),
            stages_ms: None,
            pictures_ms: None,
        }
    }

    pub fn with_stages(mut self, stages: &Stages) -> Self {
        let in_turn = stages.in_turn().into_iter();
        self.stages_ms = Some(in_turn.map(|(name, seconds)| (name, seconds * 1e3)).collect());
        self.pictures_ms = Some(stages.pictures * 1e3);
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, backbone, image_size, batch, threads, .. } = self;
        let Self { images_per_second, ms_per_image, ms_per_batch, .. } = self;
        write!(f, "{what}, {backbone}, {batch} pictures of {image_size}x{image_size}, ")?;
        write!(f, "{threads} threads: ")?;
        write!(f, "{ms_per_image:.3} ms a picture, {images_per_second:.0} pictures a second")?;
        if let Some(bytes) = self.peak_memory_bytes {
            write!(f, ", {} MB at most", bytes / 1_000_000)?;
        }
        for (name, ms) in self.stages_ms.iter().flatten() {
            write!(f, "\n  {name:<30} {ms:>9.2} ms  {:>5.1} %", 100.0 * ms / ms_per_batch)?;
        }
        if let Some(ms) = self.pictures_ms {
            write!(f, "\n  {:<30} {ms:>9.2} ms  on a thread beside", "pictures")?;
        }
        Ok(())
    }
}

/// Linux tells; elsewhere nothing is said.
fn peak_memory_bytes() -> Option<u64> {
    high_water(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_from_linux() {
        let status = "Name:\tfewshot\nVmPeak:\t  900 kB\nVmHWM:\t   1234 kB\nThreads:\t2\n";
        assert_eq!(high_water(status), Some(1234 * 1024));
        assert_eq!(high_water("Name:\tfewshot\n"), None);
    }
}
