//! Where and with what was measured.

use std::fs;
use std::process::Command;

use anyhow::Result;

use crate::command;

/// The machine at hand.
pub struct Machine {
    processor: String,
    /// The widest vectors that the kernels choose from, as the documents name them.
    pub vectors: &'static str,
    memory_gib: Option<u64>,
    rustc: String,
}

impl Machine {
    pub fn at_hand() -> Result<Machine> {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let rustc = command::output(Command::new("rustc").arg("--version"))?;
        Ok(Machine {
            processor: field(&cpuinfo, "model name").unwrap_or_else(|| "unknown processor".into()),
            vectors: vectors(&cpuinfo),
            memory_gib: memory_gib(&read("/proc/meminfo")),
            rustc: rustc.split(" (").next().unwrap_or(&rustc).to_owned(),
        })
    }

    /// What stands below a table: where it was measured, and with which versions of what computes
    /// beside ours.
    pub fn describe(&self, versions: &[String]) -> String {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let memory = self.memory_gib.map(|gib| format!(", {gib} GiB of memory"));
        let versions = [std::slice::from_ref(&self.rustc), versions].concat().join("; ");
        format!(
            "Measured on: {} ({}), {cores} cores{}, {}, {}; {versions}.",
            self.processor,
            self.vectors,
            memory.unwrap_or_default(),
            std::env::consts::OS,
            std::env::consts::ARCH,
        )
    }
}

/// A field of the first processor, as Linux tells it.
fn field(cpuinfo: &str, name: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn vectors(cpuinfo: &str) -> &'static str {
    let flags = field(cpuinfo, "flags").unwrap_or_default();
    let has = |flag: &str| flags.split(' ').any(|has| has == flag);
    match (has("avx512f"), has("avx2")) {
        (true, _) => "AVX-512",
        (_, true) => "AVX2",
        _ => "other vectors",
    }
}

fn memory_gib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((kib + (1 << 19)) >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_tells_processor_and_memory() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: sse avx2 avx512f\n";
        assert_eq!(field(cpuinfo, "model name").unwrap(), "Some CPU");
        assert_eq!(field("", "model name"), None);
        assert_eq!(vectors(cpuinfo), "AVX-512");
        assert_eq!(vectors("flags : sse avx2\n"), "AVX2");
        assert_eq!(vectors(""), "other vectors");
        assert_eq!(memory_gib("MemTotal:       24674512 kB\n"), Some(24));
    }
}
