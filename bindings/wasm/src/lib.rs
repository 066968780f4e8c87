//! The planner, forecast and driver as WebAssembly: what the npm package `emqx-rebalance` calls. The
//! planner's calls are those of its own small module.

pub use emqx_rebalance_planner_wasm::plan;

pub mod cluster;
pub mod run;
pub mod talk;
