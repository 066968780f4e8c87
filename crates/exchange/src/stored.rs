//! Reads which job to drive: a new one, or what was stored of one.

use crate::question::value;
use emqx_rebalance_core::driver::DriverState;
use emqx_rebalance_core::{
    Error, EvacuationPlan, EvacuatorState, Job, Loose, Plan, Problem, Result, StartRequest,
};
use serde::de::value::Error as Unreadable;
use serde::de::{Deserialize, Deserializer};
use std::fmt::Display;

/// Reads a job as hosts begin one: `start` and a [`StartRequest`] of a [`Plan`], `start_evacuation`
/// and one of an [`EvacuationPlan`], or `resume` and the JSON of a [`Job`] of either kind.
///
/// # Errors
/// `config_invalid` with every problem at once; `conflict` as [`StartRequest::driver`] says.
pub fn job<'de, D: Deserializer<'de>>(verb: &str, given: D) -> Result<Job> {
    match verb {
        "start" => Ok(StartRequest::<Plan>::read(given)?.driver()?.into()),
        "start_evacuation" => Ok(StartRequest::<EvacuationPlan>::read(given)?.evacuator()?.into()),
        "resume" => restored(value(given, "state", A_STATE)?)
            .map_err(|error| invalid("state", error, A_STATE)),
        _ => Err(invalid("run", verb, "one of start, start_evacuation, resume")),
    }
}

/// Restores the job that `state`, the JSON of a [`Job`], tells of: a rebalance or an evacuation.
///
/// # Errors
/// What is wrong with it.
pub fn restored(state: Loose) -> Result<Job, Unreadable> {
    if state.at(&["plan", "asked", "evacuation"]).is_some() {
        EvacuatorState::deserialize(state).map(Job::from)
    } else {
        DriverState::deserialize(state).map(Job::from)
    }
}

fn invalid(what: &str, value: impl Display, bound: &str) -> Error {
    Error::invalid(what, vec![Problem::new(what, value, bound)])
}

const A_STATE: &str = "a stored state";
