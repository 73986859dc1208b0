//! Work on several cores natively, one after the other in WebAssembly and under Miri, whose
//! rules crossbeam-epoch, below rayon, breaks before any work of ours begins.
//!
//! How work is cut never depends on the number of threads, and results are
//! combined in order, so that numbers are the same on any of them.

/// Does every task.
pub(super) fn each<T: Send>(tasks: impl Iterator<Item = T>, work: impl Fn(T) + Sync + Send) {
    map(tasks, work);
}

/// Does every task; results in the order of the tasks.
#[cfg(not(any(target_arch = "wasm32", miri)))]
pub(super) fn map<T: Send, R: Send>(
    tasks: impl Iterator<Item = T>,
    work: impl Fn(T) -> R + Sync + Send,
) -> Vec<R> {
    use rayon::prelude::*;
    tasks.collect::<Vec<_>>().into_par_iter().map(work).collect()
}

/// Does every task; results in the order of the tasks.
#[cfg(any(target_arch = "wasm32", miri))]
pub(super) fn map<T: Send, R: Send>(
    tasks: impl Iterator<Item = T>,
    work: impl Fn(T) -> R + Sync + Send,
) -> Vec<R> {
    tasks.map(work).collect()
}
