//! Headers of safetensors that claim what is not so. The program answers with one
//! sentence, within a second of the processor and 300 MB; the system enforces both.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fewshot::{Checkpoint, Precision};
use fewshot_tests::command::{KILLED, Outcome, finish, program};
use fewshot_tests::fixture;

/// Memory of the process for its data, in kB.
const MOST_KB: u32 = 300_000;
/// Of the processor: machines that do other things meanwhile are no slower by this.
const MOST_SECONDS: u32 = 1;

/// `fewshot info` on the file, with no more time and memory than that.
fn info(path: &Path) -> Result<Outcome> {
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        &format!("ulimit -t {MOST_SECONDS} && ulimit -d {MOST_KB} && exec \"$@\""),
        "sh",
    ]);
    shell.arg(program()?).arg("info").arg(path);
    let first = finish(&mut shell)?;
    // A machine that is busy may take the second for itself, once; a reader that hangs hangs again.
    if first.status == KILLED { finish(&mut shell) } else { Ok(first) }
}

/// A file with this header and `data` zeros behind it.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

/// A file with this length of its header, whatever is there.
fn claiming(length: u64) -> Vec<u8> {
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend(b"{}      ");
    bytes
}

fn tensor(dtype: &str, shape: &str, offsets: &str) -> String {
    format!(r#"{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}"#)
}

fn weight(dtype: &str, shape: &str, offsets: &str) -> String {
    format!(r#"{{"encoder.0.0.weight":{}}}"#, tensor(dtype, shape, offsets))
}

#[test]
fn headers_that_claim_what_is_not_so_are_refused_soon_and_in_little_memory() -> Result<()> {
    let many: Vec<String> = (0..100_000)
        .map(|index| format!(r#""t{index}":{}"#, tensor("F32", "[0]", "[0,0]")))
        .collect();
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep_config =
        format!(r#"{{"__metadata__":{{"fewshot.version":"1","fewshot.config":"{deep}"}}}}"#);
    // Written before checksums were, so that nothing else refuses it.
    let whole = fixture::checkpoint()?.to_bytes(Precision::F32)?;
    let header = fewshot::sealed::Sealed::open(&whole)?;
    let json = header.metadata["fewshot.config"].clone();
    let changed = |from: &str, to: &str, provenance: &str| -> Result<Vec<u8>> {
        ensure!(json.contains(from), "{from} is not in {json}");
        let mut metadata = header.metadata.clone();
        metadata.remove("fewshot.checksum");
        metadata.insert("fewshot.config".to_owned(), json.replacen(from, to, 1));
        metadata.insert("fewshot.provenance".to_owned(), provenance.to_owned());
        Ok(safetensors::serialize(header.tensors.iter(), Some(metadata))?)
    };
    let huge = |from: &str, to: &str| changed(from, to, "{}");
    let nan = |bits: u16| -> Result<Vec<u8>> {
        let sealed = fixture::checkpoint()?.to_bytes(Precision::F16)?;
        let half = fewshot::sealed::Sealed::open(&sealed)?;
        let mut metadata = half.metadata.clone();
        metadata.remove("fewshot.checksum");
        let mut bytes = safetensors::serialize(half.tensors.iter(), Some(metadata))?;
        // Tensors of two bytes a number stand behind those of four.
        let end = bytes.len();
        bytes[end - 2..].copy_from_slice(&bits.to_le_bytes());
        Ok(bytes)
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("zero-size", file(&format!("{{{}}}", many.join(",")), 0), "not the weights"),
        (
            "shared",
            file(&format!(r#"{{"a":{0},"b":{0}}}"#, tensor("F32", "[1]", "[0,4]")), 4),
            "safetensors",
        ),
        ("huge-shape", file(&weight("F32", "[4294967296,4294967296]", "[0,0]"), 0), "safetensors"),
        (
            "largest-shape",
            file(&weight("F32", "[18446744073709551615]", "[0,4]"), 4),
            "safetensors",
        ),
        ("zero-of-many", file(&weight("F32", "[0,18446744073709551615,3,3]", "[0,0]"), 0), ""),
        ("negative-shape", file(&weight("F32", "[-1,3,3,3]", "[0,108]"), 108), "safetensors"),
        ("negative-offset", file(&weight("F32", "[1]", "[-4,0]"), 4), "safetensors"),
        ("backward-offset", file(&weight("F32", "[1]", "[4,0]"), 4), "safetensors"),
        (
            "ten-gigabytes",
            file(&weight("F32", "[2684354560]", "[0,10737418240]"), 64),
            "safetensors",
        ),
        ("ten-gigabyte-header", claiming(10 << 30), "safetensors"),
        ("largest-header", claiming(u64::MAX), "safetensors"),
        ("deep-header", file(&format!(r#"{{"a":{deep}}}"#), 0), "safetensors"),
        ("deep-config", file(&deep_config, 0), "configuration"),
        ("deep-provenance", changed("", "", &format!("{{\"a\":{deep}}}"))?, "configuration"),
        (
            "long-name",
            file(&format!("{{\"{}\":{}}}", "n".repeat(1 << 20), tensor("F32", "[0]", "[0,0]")), 0),
            "",
        ),
        ("other-number", file(&weight("C64", "[1]", "[0,8]"), 8), ""),
        ("f16-nan", nan(0x7e00)?, "not finite"),
        ("f16-infinity", nan(0xfc00)?, "not finite"),
        ("huge-channels", huge(r#""channels":8"#, r#""channels":4294967295"#)?, "encoder.channels"),
        ("huge-picture", huge(r#""size":32"#, r#""size":4294967295"#)?, ""),
        ("huge-hidden", huge(r#""hidden":24"#, r#""hidden":18446744073709551615"#)?, ""),
        ("endless-blocks", huge(r#""blocks":4"#, r#""blocks":4294967295"#)?, ""),
    ];
    let folder = tempfile::tempdir()?;
    for (name, bytes, told) in cases {
        let path = folder.path().join(format!("{name}.safetensors"));
        std::fs::write(&path, bytes)?;
        info(&path)?.refused(&[name, told]).with_context(|| name.to_owned())?;
    }
    // The limit itself is none for a file that is good.
    let good = folder.path().join("good.safetensors");
    std::fs::write(&good, &whole)?;
    info(&good)?.succeeded()?;
    Checkpoint::from_bytes(&huge(r#""channels":8"#, r#""channels":8"#)?)?;
    Ok(())
}
