//! Reads which job to drive: a new one, or what was stored of one.

use emqx_rebalance_core::driver::{Driver, StoredEvacuation, StoredRebalance};
use emqx_rebalance_core::{Error, EvacuationPlan, Loose, Plan, Problem, Result, StartRequest};
use serde::de::{Deserialize, Deserializer, Error as _};
use std::fmt::Display;

/// A driver for a job as hosts begin one: `start` and a [`StartRequest`] of a [`Plan`],
/// `start_evacuation` and one of an [`EvacuationPlan`], or `resume` and the JSON of a [`Driver`].
///
/// ```
/// use emqx_rebalance_core::PlanRequest;
/// use emqx_rebalance_exchange::job;
/// use serde_json::json;
///
/// let nodes = json!([{ "node": "a@h", "connections": 9000 }, { "node": "b@h" }]);
/// let plan = PlanRequest::read(json!({ "snapshot": { "nodes": nodes } }))?.plan()?;
/// let driver = job("start", json!({ "plan": plan, "reason": "b is new" }))?;
/// let again = job("resume", json!(driver))?;
/// assert_eq!(again.status(), driver.status());
/// # Ok::<(), emqx_rebalance_core::Error>(())
/// ```
///
/// # Errors
/// `config_invalid` with every problem at once; `conflict` as [`StartRequest::driver`] says.
pub fn job<'de, D: Deserializer<'de>>(verb: &str, given: D) -> Result<Driver> {
    match verb {
        "start" => StartRequest::<Plan>::read(given)?.driver(),
        "start_evacuation" => StartRequest::<EvacuationPlan>::read(given)?.driver(),
        "resume" => restored(given).map_err(|error| invalid("state", error, "a stored state")),
        _ => Err(invalid("run", verb, "one of start, start_evacuation, resume")),
    }
}

/// Restores the [`Driver`] whose JSON `state` is: of a rebalance or of an evacuation.
///
/// # Errors
/// What is wrong with it.
pub fn restored<'de, D: Deserializer<'de>>(state: D) -> Result<Driver, D::Error> {
    let state = Loose::deserialize(state)?;
    if state.at(&["plan", "asked", "evacuation"]).is_none() {
        return StoredRebalance::deserialize(state).map(Driver::restore).map_err(D::Error::custom);
    }
    let stored = StoredEvacuation::deserialize(state).map_err(D::Error::custom)?;
    let whole = stored.is_whole().then(|| Driver::restore(stored));
    whole.ok_or_else(|| D::Error::custom("missing field `runs`"))
}

fn invalid(what: &str, value: impl Display, bound: &str) -> Error {
    Error::invalid(what, vec![Problem::new(what, value, bound)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

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
