//! `events.out.tfevents.fewshot`: the lines of metrics as TensorBoard reads them.
//!
//! A TFRecord file (length, CRC-32C of it, bytes, CRC-32C of them; each sum masked) of
//! `Event` messages (tensorflow/core/util/event.proto) with one scalar each. The file
//! follows from `metrics.jsonl` and is made anew whenever a run goes on, so it needs no
//! checkpoint of its own.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::RunDir;
use super::metrics::Line;
use crate::write;

/// Its name in the folder: TensorBoard looks for `tfevents`.
pub const FILE: &str = "events.out.tfevents.fewshot";

/// Added to a rotated sum, so that a sum of sums is none (tensorflow/core/lib/hash/crc32c.h).
const MASK: u32 = 0xa282_ead8;

/// The file while a run writes to it.
#[derive(Debug)]
pub struct Events {
    /// Seconds since 1970 at which the run's clock stood at zero.
    zero: f64,
    /// Steps of each stage so far, for steps that count through all of them.
    steps: BTreeMap<usize, usize>,
}

impl Events {
    /// Writes the file anew with the lines that a run has, `seconds` after it began.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn begin(run: &RunDir, lines: &[Line], seconds: f64) -> Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let mut events = Self { zero: now.as_secs_f64() - seconds, steps: BTreeMap::new() };
        let mut bytes = record(&version(events.zero));
        for line in lines {
            bytes.extend(events.records(line));
        }
        write::atomically(&run.file(FILE), &bytes)?;
        Ok(events)
    }

    /// Adds a line.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add(&mut self, run: &RunDir, line: &Line) -> Result<()> {
        let bytes = self.records(line);
        write::append_bytes(&run.file(FILE), &bytes).map(|_length| ())
    }

    fn records(&mut self, line: &Line) -> Vec<u8> {
        self.steps.insert(line.stage, line.steps);
        let before: usize = self.steps.range(..line.stage).map(|(_, steps)| steps).sum();
        let (time, step) = (self.zero + line.seconds, (before + line.step) as u64);
        let training = [
            ("train/loss", line.loss),
            ("train/accuracy", line.accuracy),
            ("train/learning_rate", line.lr.map(f64::from)),
        ];
        let training =
            training.into_iter().filter_map(|(tag, value)| Some((tag.to_owned(), value?)));
        let validation = line
            .validation
            .iter()
            .map(|(name, value)| (format!("validation/{}", name.replacen("val_", "", 1)), *value));
        let all = training.chain(validation);
        all.flat_map(|(tag, value)| record(&scalar(time, step, &tag, value as f32))).collect()
    }
}

/// The first event of a file: `wall_time` (1) and `file_version` (3).
fn version(time: f64) -> Vec<u8> {
    let mut event = double(1, time);
    event.extend(bytes(3, b"brain.Event:2"));
    event
}

/// `wall_time` (1), `step` (2) and a `summary` (5) of one value (1): `tag` (1) and
/// `simple_value` (2).
fn scalar(time: f64, step: u64, tag: &str, value: f32) -> Vec<u8> {
    let mut inner = bytes(1, tag.as_bytes());
    inner.extend(key(2, 5));
    inner.extend(value.to_le_bytes());
    let mut event = double(1, time);
    event.extend(key(2, 0));
    event.extend(varint(step));
    event.extend(bytes(5, &bytes(1, &inner)));
    event
}

fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = length.to_vec();
    record.extend(masked(&length));
    record.extend(data);
    record.extend(masked(data));
    record
}

fn masked(data: &[u8]) -> [u8; 4] {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(MASK).to_le_bytes()
}

/// A protocol buffer's field: its number and what kind of value follows.
fn key(field: u64, kind: u64) -> Vec<u8> {
    varint(field << 3 | kind)
}

fn double(field: u64, value: f64) -> Vec<u8> {
    let mut bytes = key(field, 1);
    bytes.extend(value.to_le_bytes());
    bytes
}

fn bytes(field: u64, value: &[u8]) -> Vec<u8> {
    let mut bytes = key(field, 2);
    bytes.extend(varint(value.len() as u64));
    bytes.extend(value);
    bytes
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by `tests/golden/make_events.py`, which uses TensorBoard's own writer.
    const GOLDEN: &str = "1800000000000000a37f4b22090000000000408f401a0d627261696e2e4576656e74\
        3a3273ae6b562700000000000000bbe1b146090000000000a48f4010ac022a190a170a1076616c6964617469\
        6f6e2f3173686f74150000803ec76b1169";

    #[test]
    fn bytes_are_those_of_tensorboard() {
        let mut bytes = record(&version(1000.0));
        let mut events = Events { zero: 1000.0, steps: BTreeMap::from([(1, 100)]) };
        bytes.extend(events.records(&Line {
            stage: 2,
            step: 200,
            steps: 400,
            seconds: 12.5,
            validation: [("val_1shot".to_owned(), 0.25)].into(),
            ..Line::default()
        }));
        let hex: String = hex::encode(&bytes);
        assert_eq!(hex, GOLDEN);
    }
}
