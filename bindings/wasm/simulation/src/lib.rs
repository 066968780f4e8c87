//! The embedded cluster as WebAssembly.
