//! Few-shot learning.
