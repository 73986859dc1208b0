//! `cargo xtask bench kernels`: which of the learner's kernels a training step spends its time in,
//! by Linux's sampling profiler. Products, the transforms around them and the passes of BatchNorm
//! share one symbol once they are compiled, so a sample counts for the innermost source file of
//! `model/src/kernels` that it was inlined from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::native::{THREADS, Trainer};
use super::table::markdown;
use crate::command;
use crate::progress::step;
use crate::workspace::Workspace;

/// What a source file's time is told as; the first that a path begins with.
const PARTS: [(&str, &str); 8] = [
    ("matmul.rs", "matrix products"),
    ("winograd.rs", "Winograd's transforms"),
    ("convolve.rs", "windows and rows gathered for the products"),
    ("first.rs", "windows and rows gathered for the products"),
    ("layout.rs", "windows and rows gathered for the products"),
    ("normalise.rs", "BatchNorm, ReLU"),
    ("select.rs", "max-pool"),
    ("train/", "gradients added, masked, spread"),
];
const OTHERS: &str = "other kernels";
const SYSTEM: &str = "the system: pages, copies, noughts";
const REST: &str = "between the kernels: waiting for one another, candle";

/// Samples a second.
const RATE: &str = "997";
const SECONDS: &str = "8";

/// Whether the profiler is there.
pub fn possible() -> bool {
    Command::new("perf").arg("--version").output().is_ok_and(|output| output.status.success())
}

pub fn run(workspace: &Workspace) -> Result<String> {
    let trainer = Trainer::build(workspace)?;
    let folder = workspace.target.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let samples = folder.join("kernels.perf");
    let shares = step("kernels of a training step, sampled", || {
        let mut record = Command::new("perf");
        record.args(["record", "--quiet", "--freq", RATE, "--output"]).arg(&samples).arg("--");
        record.arg(trainer.path()).args(["bench", "train", "--seconds", SECONDS, "--threads"]);
        record.arg(THREADS.to_string()).env("RAYON_NUM_THREADS", THREADS.to_string());
        command::output(&mut record).context("the profiler is Linux's `perf`")?;
        let mut script = Command::new("perf");
        script.args(["script", "--show-mmap-events", "--fields", "ip,event,comm", "--input"]);
        let text = command::output(script.arg(&samples))?;
        let program = trainer.path().to_string_lossy();
        let headers = command::output(Command::new("readelf").arg("-lW").arg(trainer.path()))?;
        let shift = code(&headers).context("the program has no code")?;
        let (mapped, counts) = parse(&text, &program, shift)?;
        let files = files(&program, &mapped.addresses(&counts), &folder.join("kernels.addresses"))?;
        Ok(shares(&counts, |ip| part(&mapped, &files, ip)))
    })?;
    Ok(table(&shares))
}

/// Where the program's code lies in memory while it is sampled.
struct Mapped {
    start: u64,
    length: u64,
    /// Of the code's start, as the program's own table of lines counts.
    shift: u64,
}

impl Mapped {
    /// The address as the table of lines has it; none outside of the program.
    fn address(&self, ip: u64) -> Option<u64> {
        let inside = (self.start..self.start + self.length).contains(&ip);
        inside.then(|| ip - self.start + self.shift)
    }

    fn addresses(&self, counts: &BTreeMap<u64, u64>) -> Vec<u64> {
        counts.keys().filter_map(|&ip| self.address(ip)).collect()
    }
}

/// The program's mapping, its code `shift` further on in memory than in its file; and how often
/// each address was sampled.
fn parse(script: &str, program: &str, shift: u64) -> Result<(Mapped, BTreeMap<u64, u64>)> {
    let (mut mapped, mut counts) = (None, BTreeMap::new());
    for line in script.lines() {
        if line.contains("PERF_RECORD_MMAP") {
            if line.contains(" r-xp ") && line.trim_end().ends_with(program) {
                mapped = Some(mapping(line, shift).with_context(|| format!("perf said `{line}`"))?);
            }
        } else if let Some(ip) = line.split_whitespace().last().and_then(hexadecimal) {
            *counts.entry(ip).or_insert(0) += 1;
        }
    }
    ensure!(
        !counts.is_empty(),
        "perf took no samples; may it? See `man perf_event_open`, paranoid"
    );
    Ok((mapped.with_context(|| format!("perf did not see {program} being loaded"))?, counts))
}

/// Of `[0x55…(0x8000) @ 0x1000 …]`: start, length and place in the file.
fn mapping(line: &str, shift: u64) -> Option<Mapped> {
    let (_, rest) = line.split_once('[')?;
    let (start, rest) = rest.split_once('(')?;
    let (length, rest) = rest.split_once(')')?;
    let place = rest.split_once("@ ")?.1.split_whitespace().next()?;
    let [start, length, place] = [start, length, place].map(hexadecimal);
    Some(Mapped { start: start?, length: length?, shift: place? + shift })
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

/// How far its code lies in memory from where it lies in its file, as `readelf -lW` lists it.
fn code(headers: &str) -> Option<u64> {
    let line = headers.lines().find(|line| line.contains("LOAD") && line.contains(" R E "))?;
    let mut columns = line.split_whitespace().skip(1).map(hexadecimal);
    let (in_file, in_memory) = (columns.next()??, columns.next()??);
    in_memory.checked_sub(in_file)
}

/// Of each address, the innermost of the learner's kernels that its code was inlined from, as a
/// path below their folder; none where it is of something else.
fn files(program: &str, addresses: &[u64], list: &Path) -> Result<BTreeMap<u64, String>> {
    let asked: String = addresses.iter().map(|address| format!("{address:#x}\n")).collect();
    fs::write(list, asked).with_context(|| format!("cannot write {}", list.display()))?;
    let mut resolve = Command::new("addr2line");
    resolve.args(["--inlines", "--addresses", "--exe", program]);
    resolve.arg(format!("@{}", list.display()));
    let text = command::output(&mut resolve).context("`addr2line` comes with binutils")?;
    Ok(innermost(&text))
}

/// From what addr2line says: an address, then files from the innermost to the outermost.
fn innermost(text: &str) -> BTreeMap<u64, String> {
    let mut files = BTreeMap::new();
    let mut address = None;
    for line in text.lines() {
        if line.starts_with("0x") {
            address = hexadecimal(line);
        } else if let (Some(address), Some((_, file))) = (address, line.split_once("/kernels/")) {
            // How one instruction is called says nothing of what it was for.
            if line.contains("model/src/kernels/") && !file.starts_with("simd/") {
                let file = file.split(':').next().unwrap_or(file);
                files.entry(address).or_insert_with(|| file.to_owned());
            }
        }
    }
    files
}

/// What a sample's time is told as.
fn part(mapped: &Mapped, files: &BTreeMap<u64, String>, ip: u64) -> &'static str {
    let Some(address) = mapped.address(ip) else { return SYSTEM };
    let Some(file) = files.get(&address) else { return REST };
    PARTS.iter().find(|(path, _)| file.starts_with(path)).map_or(OTHERS, |(_, name)| name)
}

/// Percent of the samples, the most first.
fn shares(
    counts: &BTreeMap<u64, u64>,
    part: impl Fn(u64) -> &'static str,
) -> Vec<(&'static str, f64)> {
    let all: u64 = counts.values().sum();
    let mut parts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (&ip, &count) in counts {
        *parts.entry(part(ip)).or_insert(0) += count;
    }
    let mut shares: Vec<_> =
        parts.into_iter().map(|(name, count)| (name, 100.0 * count as f64 / all as f64)).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    shares
}

fn table(shares: &[(&str, f64)]) -> String {
    let row = |(name, share): &(&str, f64)| vec![(*name).to_owned(), format!("{share:.0} %")];
    markdown(&["a training step", "of the time"], &shares.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "\
  fewshot PERF_RECORD_MMAP2 7/7: [0x5000(0x3000) @ 0x2000 fe:00 5 3]: r-xp /bin/fewshot
  fewshot PERF_RECORD_MMAP2 7/7: [0x9000(0x1000) @ 0x1000 fe:00 6 0]: r-xp /lib/libc.so.6
  fewshot cpu-clock:ppp:      5100
  fewshot cpu-clock:ppp:      5100
  fewshot cpu-clock:ppp:      5200
  fewshot cpu-clock:ppp:      9100
";

    #[test]
    fn a_sample_counts_for_the_kernel_it_was_inlined_from() {
        let headers =
            "  LOAD 0x0 0x0 0x0 0x9 0x9 R 0x1000\n  LOAD 0x400 0x1400 0x1400 9 9 R E 1000";
        let (mapped, counts) = parse(SCRIPT, "/bin/fewshot", code(headers).unwrap()).unwrap();
        assert_eq!(mapped.address(0x5100), Some(0x3100));
        let lines = "0x3100\n/x/core_arch/fma.rs:7\n/x/model/src/kernels/simd/avx2.rs:9\n\
                     /x/model/src/kernels/matmul.rs:3\n/x/model/src/kernels/convolve.rs:5\n\
                     0x3200\n/x/candle/utils.rs:1\n";
        let files = innermost(lines);
        let of = |ip| part(&mapped, &files, ip);
        assert_eq!(of(0x5100), "matrix products");
        let table = table(&shares(&counts, of));
        assert!(table.contains("| matrix products | 50 % |"), "{table}");
        assert!(table.contains(&format!("| {SYSTEM} | 25 % |")), "{table}");
        assert!(table.contains(&format!("| {REST} | 25 % |")), "{table}");
    }

    #[test]
    fn samples_of_something_else_are_no_measurement() {
        assert!(parse("", "/bin/fewshot", 0).is_err());
        assert!(parse("  fewshot cpu-clock:ppp: 5100\n", "/bin/fewshot", 0).is_err());
    }
}
