//! Reads what a driver has stored.

use emqx_rebalance_core::driver::{Driver, StoredEvacuation, StoredRebalance};
use serde::Deserialize;
use serde_json::Value;

/// Restores the [`Driver`] whose JSON `state` is: of a rebalance or of an evacuation.
///
/// # Errors
/// What is wrong with it.
pub fn restored(state: Value) -> Result<Driver, serde_json::Error> {
    if state.pointer("/plan/asked/evacuation").is_some() {
        StoredEvacuation::deserialize(state).map(Driver::restore)
    } else {
        StoredRebalance::deserialize(state).map(Driver::restore)
    }
}
