//! What every target of this folder is: the reader of its name, on whatever libFuzzer
//! comes up with. `cargo xtask fuzz` runs them.

use fewshot_tests::hostile::TARGETS;

pub use libfuzzer_sys;

/// Reads `bytes` with the reader of that name.
///
/// # Panics
/// If there is none, or it does what it must not.
pub fn read(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    // An error is what damaged bytes deserve.
    let _ = (target.expect("a target of this name").read)(bytes);
}

/// The target that the binary is named after.
#[macro_export]
macro_rules! target {
    () => {
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            $crate::read(env!("CARGO_BIN_NAME"), bytes);
        });
    };
}
