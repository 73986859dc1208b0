//! Data sets on disk and the built-in procedural one.
