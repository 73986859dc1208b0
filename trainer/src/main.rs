//! fewshot
fn main() {}
