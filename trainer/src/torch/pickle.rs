//! The pickle of a file that somebody else may have made. Candle reads it; what it takes on trust
//! is looked at before and after each operation: how long a text is said to be, how deep objects
//! lie in one another, and how often they are copied.

use anyhow::{Context, Result, ensure};
use candle_core::pickle::{Object, Stack};

/// Operations of the pickle whose arguments candle takes on trust.
const TEXT: u8 = b'X';
const LONG: u8 = 0x8a;
/// Bytes of the largest whole number that is read.
const LONGEST: u8 = 8;
/// Levels of objects in one another: a state_dict in a checkpoint has about ten.
const DEEPEST: usize = 64;
/// Objects and bytes of text that may be passed for each byte of the file, and however small it
/// is. An object that is fetched from the pickle's memory is a copy, so that a few bytes could
/// stand for any number of them.
const MOST_A_BYTE: usize = 64;
const MOST_AT_LEAST: usize = 1 << 20;

/// Reads one pickle and leaves what follows it.
///
/// # Errors
/// If it is damaged, or made to take memory.
pub(super) fn unpickle(from: &mut &[u8]) -> Result<Object> {
    let mut budget = MOST_AT_LEAST + MOST_A_BYTE * from.len();
    let mut stack = Stack::empty();
    loop {
        let (operation, arguments) = from.split_first().context("the pickle ends early")?;
        match *operation {
            TEXT => {
                let (length, rest) =
                    arguments.split_first_chunk::<4>().context("the pickle ends early")?;
                let length = u32::from_le_bytes(*length) as usize;
                ensure!(length <= rest.len(), "a text ends early");
            }
            LONG => {
                let length = arguments.first().context("the pickle ends early")?;
                ensure!(*length <= LONGEST, "a whole number has {length} bytes");
            }
            _ => {}
        }
        let ended = stack.read(from)?;
        if let Some(top) = stack.stack().last() {
            count(top, 0, &mut budget)?;
        }
        if ended {
            return Ok(stack.finalize()?);
        }
    }
}

/// Takes an object and all in it from the budget.
fn count(object: &Object, depth: usize, budget: &mut usize) -> Result<()> {
    ensure!(depth < DEEPEST, "objects lie more than {DEEPEST} deep in one another");
    let mut each = |object: &Object| count(object, depth + 1, budget);
    match object {
        Object::Tuple(parts) | Object::List(parts) => parts.iter().try_for_each(&mut each)?,
        Object::Dict(entries) => {
            entries.iter().try_for_each(|(key, value)| each(key).and_then(|()| each(value)))?;
        }
        Object::Reduce { callable, args } | Object::Build { callable, args } => {
            each(callable)?;
            each(args)?;
        }
        Object::PersistentLoad(id) => each(id)?,
        _ => {}
    }
    let text = match object {
        Object::Unicode(text) => text.len(),
        Object::Class { module_name, class_name } => module_name.len() + class_name.len(),
        _ => 0,
    };
    *budget = budget.checked_sub(1 + text).context("a few bytes stand for too many objects")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pickle: &[u8]) -> String {
        format!("{:#}", unpickle(&mut &*pickle).expect_err("it was read"))
    }

    #[test]
    fn a_pickle_is_read_and_what_follows_is_left() -> Result<()> {
        // A list of "ab" and of the number 7.
        let mut bytes: &[u8] = b"\x80\x02](X\x02\x00\x00\x00abK\x07e.rest";
        let object = unpickle(&mut bytes)?;
        assert_eq!(object, Object::List(vec![Object::Unicode("ab".into()), Object::Int(7)]));
        assert_eq!(bytes, b"rest");
        Ok(())
    }

    #[test]
    fn claims_are_refused_before_memory_is_taken() {
        assert_eq!(refused(b"\x80\x02X\xff\xff\xff\xfeab."), "a text ends early");
        assert_eq!(refused(b"\x80\x02\x8a\x0aabcdefghij."), "a whole number has 10 bytes");
        assert_eq!(refused(b"\x80\x02]"), "the pickle ends early");
    }

    /// Each step puts a pair of the one before into the pickle's memory: 2^100 objects in the end.
    #[test]
    fn copies_of_copies_are_refused() {
        let mut pickle = b"\x80\x02Nq\x00".to_vec();
        for _ in 0..100 {
            pickle.extend(b"h\x00h\x00\x86q\x00");
        }
        // Wide rather than deep: lists of the list before it.
        let mut wide = b"\x80\x02]q\x00".to_vec();
        for _ in 0..30 {
            wide.extend(b"](");
            wide.extend(b"h\x00".repeat(100));
            wide.extend(b"eq\x00");
        }
        for pickle in [pickle, wide] {
            assert_eq!(refused(&pickle), "a few bytes stand for too many objects");
        }
    }

    #[test]
    fn what_lies_too_deep_is_refused() {
        let pickle = [b"\x80\x02N".to_vec(), vec![0x85; 1 << 20], b".".to_vec()].concat();
        assert_eq!(refused(&pickle), "objects lie more than 64 deep in one another");
    }
}
