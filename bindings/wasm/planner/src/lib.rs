//! The planner and the forecast alone as WebAssembly: what `emqx-rebalance/planner` calls, and the
//! module of the whole package too.

#[cfg(feature = "names")]
pub mod names;
pub mod plan;
