//! Good files damaged at random. Coverage guides nothing here, as it does in `fuzz/`:
//! this needs no tool-chain but the ordinary one.

use fewshot::rng::Rng;
use rand::Rng as _;

/// Numbers at the edges of their types.
const EDGES: [u64; 12] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    1 << 40,
    i64::MAX as u64,
    u64::MAX,
];
/// The same in words, for texts.
const WORDS: [&str; 12] = [
    "0",
    "-1",
    "1e999",
    "nan",
    "18446744073709551616",
    "9007199254740993",
    "null",
    "[[[[[[[[",
    "{\"a\":",
    "\"",
    "\u{0}",
    "../../..",
];

/// One of the seeds, changed in a few places.
pub fn damaged(seeds: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = seeds[rng.random_range(0..seeds.len())].clone();
    for _ in 0..rng.random_range(1..=4) {
        damage(&mut bytes, seeds, rng);
    }
    bytes
}

fn damage(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], rng: &mut Rng) {
    if bytes.is_empty() {
        return bytes.push(rng.random());
    }
    // Headers are short and decide most: half of all changes are in the first part.
    let most = if rng.random() { bytes.len() } else { bytes.len().min(600) };
    let at = rng.random_range(0..most);
    let length = rng.random_range(1..=64).min(bytes.len() - at);
    match rng.random_range(0..10) {
        0 => bytes[at] ^= 1 << rng.random_range(0..8),
        1 => bytes[at] = rng.random(),
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..at + length)),
        4 => {
            let copy = bytes[at..at + length].to_vec();
            bytes.splice(at..at, copy);
        }
        5 => {
            let edge = EDGES[rng.random_range(0..EDGES.len())];
            let wide = [1, 2, 4, 8][rng.random_range(0..4)];
            let number: Vec<u8> = match rng.random() {
                true => edge.to_le_bytes()[..wide].to_vec(),
                false => edge.to_be_bytes()[8 - wide..].to_vec(),
            };
            let end = (at + wide).min(bytes.len());
            bytes.splice(at..end, number);
        }
        6 => {
            let word = WORDS[rng.random_range(0..WORDS.len())];
            bytes.splice(at..at, word.bytes());
        }
        7 => {
            // A number in a text becomes another.
            if let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit) {
                let start = at + start;
                let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                let word = WORDS[rng.random_range(0..WORDS.len())];
                bytes.splice(start..start + digits, word.bytes());
            }
        }
        8 => {
            let other = &seeds[rng.random_range(0..seeds.len())];
            let from = rng.random_range(0..other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        _ => bytes[at..at + length].fill(rng.random()),
    }
}
