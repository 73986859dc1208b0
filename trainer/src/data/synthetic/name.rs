//! Made-up names, so that a species is called something: "kalora beetle".

use fewshot::rng::rng;
use rand::Rng as _;

/// Stream of names, apart from what is drawn.
const STREAM: u64 = 0x0a3e_5151;

const FIRST: [&str; 16] = [
    "al", "be", "ca", "do", "el", "fa", "il", "ka", "lu", "mo", "no", "or", "sa", "ta", "ve", "zi",
];
const MIDDLE: [&str; 12] = ["la", "ri", "mo", "ne", "to", "vi", "lo", "ra", "ni", "bu", "se", "du"];
const LAST: [&str; 8] = ["ra", "na", "ta", "lis", "mi", "ro", "sa", "nu"];

/// The name of a species, its family's included.
pub fn name(number: u32, family: &str) -> String {
    let mut rng = rng(u64::from(number), STREAM);
    let mut part = |parts: &[&'static str]| parts[rng.random_range(0..parts.len())];
    format!("{}{}{} {family}", part(&FIRST), part(&MIDDLE), part(&LAST))
}
