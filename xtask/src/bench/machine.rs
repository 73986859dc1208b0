//! Where and with what was measured.

use std::fs;
use std::process::Command;

use anyhow::Result;

use crate::command;

/// Versions of what computes, ours first.
pub fn versions() -> Result<Vec<String>> {
    let rustc = command::output(Command::new("rustc").arg("--version"))?;
    Ok(vec![rustc.split(" (").next().unwrap_or(&rustc).to_owned()])
}

/// Processor, cores, memory, system and versions, a line each.
pub fn describe(versions: &[String]) -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let processor = processor(&read("/proc/cpuinfo")).unwrap_or_else(|| "unknown processor".into());
    let memory = memory_gib(&read("/proc/meminfo")).map(|gib| format!(", {gib} GiB of memory"));
    let system = format!("{}, {}", std::env::consts::OS, std::env::consts::ARCH);
    let machine = format!("- {processor}, {cores} cores{}, {system}", memory.unwrap_or_default());
    format!("{machine}\n- {}", versions.join("; "))
}

/// Model and the widest vectors, as Linux tells them.
fn processor(cpuinfo: &str) -> Option<String> {
    let field = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    let model = field("model name")?;
    let flags = field("flags").unwrap_or_default();
    let has = |flag: &str| flags.split(' ').any(|has| has == flag);
    let vectors = match (has("avx512f"), has("avx2")) {
        (true, _) => " (AVX-512)",
        (_, true) => " (AVX2)",
        _ => "",
    };
    Some(model + vectors)
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
        assert_eq!(processor(cpuinfo).unwrap(), "Some CPU (AVX-512)");
        assert_eq!(processor(""), None);
        assert_eq!(memory_gib("MemTotal:       24674512 kB\n"), Some(24));
    }
}
