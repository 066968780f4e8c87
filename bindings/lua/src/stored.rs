//! What Lua hands in as text: stored states and names of nodes.

use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{Error, NodeName, Problem, Result};
use mlua::prelude::*;
use std::fmt::Display;

/// Restores what the JSON of `run:state()` tells of.
///
/// # Errors
/// `config_invalid` if it is another text.
pub(crate) fn restored(text: &LuaString) -> Result<Driver> {
    serde_json::from_slice(&text.as_bytes())
        .and_then(emqx_rebalance_exchange::restored)
        .map_err(|error| unread("state", error, "the text of `run:state()`"))
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
