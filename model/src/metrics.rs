//! Means with confidence intervals, confusion, rejection.
