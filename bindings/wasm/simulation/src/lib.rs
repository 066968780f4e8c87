//! The embedded cluster as WebAssembly: what `emqx-rebalance/simulation` on npm calls.
//!
//! As in the other module, calls take and give the text of JSON, and throw the text of an error.

pub mod http;
mod json;
pub mod simulation;
