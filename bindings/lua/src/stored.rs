//! What Lua hands in as text: stored states and names of nodes.

use emqx_rebalance_core::driver::DriverState;
use emqx_rebalance_core::{Error, EvacuatorState, NodeName, Problem, Result};
use mlua::prelude::*;
use serde::Deserialize;
use std::fmt::Display;

/// A stored state, of either kind.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Stored {
    Runs(Box<DriverState>),
    Evacuation(Box<EvacuatorState>),
}

impl Stored {
    /// Reads the JSON that `run:state()` gave.
    ///
    /// # Errors
    /// `config_invalid` if it is another text.
    pub(crate) fn read(text: &LuaString) -> Result<Self> {
        serde_json::from_slice(&text.as_bytes())
            .map_err(|error| unread("state", error, "the text of `run:state()`"))
    }
}

/// The node of that name.
///
/// # Errors
/// `config_invalid` if no node can have it.
pub(crate) fn named(node: &str) -> Result<NodeName> {
    NodeName::new(node).map_err(|problem| Error::invalid("node", vec![problem]))
}

/// That `field` holds `value` but must be `bound`.
pub(crate) fn unread(field: &str, value: impl Display, bound: &str) -> Error {
    Error::invalid(field, vec![Problem::new(field, value, bound)])
}
