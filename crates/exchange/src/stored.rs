//! Reads what was stored of a job.

use emqx_rebalance_core::driver::DriverState;
use emqx_rebalance_core::{EvacuatorState, Job};
use serde::Deserialize;
use serde_json::Value;

/// Restores the job that `state`, the JSON of a [`Job`], tells of: a rebalance or an evacuation.
///
/// # Errors
/// What is wrong with it.
pub fn restored(state: Value) -> Result<Job, serde_json::Error> {
    if state.pointer("/plan/asked/evacuation").is_some() {
        EvacuatorState::deserialize(state).map(Job::from)
    } else {
        DriverState::deserialize(state).map(Job::from)
    }
}
