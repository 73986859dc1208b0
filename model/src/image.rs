//! From pixels to the tensor the encoder reads: the only preprocessing there is.
