//! The command line's contract, through the built program: results, JSON keys,
//! exit statuses, and a clear sentence for whatever can be wrong.

mod bad_weights;
mod evaluate;
mod training;
