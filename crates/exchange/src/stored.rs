//! Reads what a driver has stored.

use emqx_rebalance_core::driver::{Driver, StoredEvacuation, StoredRebalance};
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Value;

/// Restores the [`Driver`] whose JSON `state` is: of a rebalance or of an evacuation.
///
/// # Errors
/// What is wrong with it.
pub fn restored(state: Value) -> Result<Driver, serde_json::Error> {
    if state.pointer("/plan/asked/evacuation").is_some() {
        let stored = StoredEvacuation::deserialize(state)?;
        let whole = stored.is_whole().then(|| Driver::restore(stored));
        whole.ok_or_else(|| serde_json::Error::custom("missing field `runs`"))
    } else {
        StoredRebalance::deserialize(state).map(Driver::restore)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evacuation_that_does_not_say_what_became_of_it_is_refused() {
        let text = include_str!("../../core/tests/stored/state-evacuation.json");
        let mut state: Value = serde_json::from_str(text).unwrap();
        assert!(restored(state.clone()).is_ok());
        state["track"] = Value::Null;
        let error = restored(state).unwrap_err().to_string();
        assert!(error.contains("runs"), "{error}");
    }
}
