//! The planner, forecast and driver as WebAssembly: what the npm package `emqx-rebalance` calls.
//!
//! Every function takes and gives the text of a JSON value of the contract, and throws the text of
//! an error. Text, since the browser's own JSON reader and writer make plain objects and take whole
//! numbers for what they are, while a walk over JavaScript objects makes every number a float; and
//! since the crate that walks would be in the package beside `serde_json`, which reads EMQX's answers.

pub mod cluster;
pub mod json;
pub mod plan;
pub mod run;
pub mod talk;
