//! Whole runs of a tiny recipe.
