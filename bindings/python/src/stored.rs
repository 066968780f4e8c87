//! States that were stored.

use crate::json;
use emqx_rebalance_core::driver::DriverState;
use emqx_rebalance_core::{EvacuatorState, Result};
use serde::Deserialize;
use serde_json::Value;

/// A stored state, of either kind.
pub(crate) enum Stored {
    /// Of the runs of a plan.
    Runs(Box<DriverState>),
    /// Of an evacuation.
    Evacuation(Box<EvacuatorState>),
}

/// What tells one kind from the other.
#[derive(Deserialize)]
struct Kind {
    /// The runs of a plan.
    runs: Option<Value>,
}

impl Stored {
    /// Reads a state.
    ///
    /// # Errors
    /// `config_invalid` if it is of neither kind.
    pub(crate) fn read(text: &str) -> Result<Self> {
        Ok(match json::value::<Kind>("state", text)?.runs {
            Some(_) => Self::Runs(json::value("state", text)?),
            None => Self::Evacuation(json::value("state", text)?),
        })
    }
}
