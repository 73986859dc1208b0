//! Fast CPU and WebAssembly paths of the encoder.
