//! What the tests of several crates have in common.

pub mod canary;
pub mod cases;
pub mod mutate;
