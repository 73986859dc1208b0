//! The command line's contract, through the built program: results, JSON keys,
//! exit statuses, and a clear sentence for whatever can be wrong.

mod apply;
mod bad_pictures;
mod bad_weights;
mod crash;
mod data;
mod disk;
mod earlier;
mod eval;
mod import;
mod next;
mod own_pictures;
mod real_data;
mod runs;
mod sort;
mod training;
mod usage;
mod walk;
