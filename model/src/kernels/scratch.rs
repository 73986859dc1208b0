//! Buffers that live as long as their thread, so that the hot loops allocate nothing.

use std::cell::RefCell;

thread_local! {
    /// Those not lent at present, the last returned at the end.
    static BUFFERS: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Lends `N` buffers of the given lengths, holding whatever was left in them.
pub(super) fn with<const N: usize, R>(
    lengths: [usize; N],
    work: impl FnOnce([&mut [f32]; N]) -> R,
) -> R {
    let mut buffer = BUFFERS.with_borrow_mut(Vec::pop).unwrap_or_default();
    let total = lengths.iter().sum();
    if buffer.len() < total {
        buffer.resize(total, 0.0);
    }
    let mut rest = buffer.as_mut_slice();
    let parts = lengths.map(|length| {
        let (part, tail) = std::mem::take(&mut rest).split_at_mut(length);
        rest = tail;
        part
    });
    let result = work(parts);
    BUFFERS.with_borrow_mut(|buffers| buffers.push(buffer));
    result
}
