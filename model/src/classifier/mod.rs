//! The classifier a person builds from support pictures.
