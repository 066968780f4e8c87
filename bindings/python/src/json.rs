//! JSON text, in which values cross.

use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{Error, ErrorKind, NodeName, Problem, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// `value` as JSON. Values of the core have no keys but text, so that this cannot fail.
pub(crate) fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Reads a request of the core, which finds every problem at once.
///
/// # Errors
/// As `read` says.
pub(crate) fn request<T>(
    text: &str,
    read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'_>>) -> Result<T>,
) -> Result<T> {
    read(&mut serde_json::Deserializer::from_str(text))
}

/// Reads a value of the core.
///
/// # Errors
/// `config_invalid` in the core's words.
pub(crate) fn value<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!("invalid {what}: {}", without_place(&error.to_string()));
        Error::new(ErrorKind::ConfigInvalid, message)
    })
}

/// Restores a driver from its stored state.
///
/// # Errors
/// `config_invalid` if it is none.
pub(crate) fn restored(state: &str) -> Result<Driver> {
    emqx_rebalance_exchange::restored(value("state", state)?)
        .map_err(|error| Error::new(ErrorKind::ConfigInvalid, format!("invalid state: {error}")))
}

/// Reads the member `field` of an object, if it is there. What is wrong with it goes to `problems`.
pub(crate) fn member<T: DeserializeOwned>(
    field: &str,
    given: Option<Value>,
    bound: &str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let given = given.filter(|given| !given.is_null())?;
    let shown: String = given.to_string().chars().take(MAX_SHOWN).collect();
    let read = serde_json::from_value(given);
    read.map_err(|_| problems.push(Problem::new(field, shown, bound))).ok()
}

/// Reads the name of a node.
///
/// # Errors
/// `config_invalid` if it is none.
pub(crate) fn node(name: &str) -> Result<NodeName> {
    NodeName::new(name).map_err(|problem| Error::invalid("node", vec![problem]))
}

/// The text of an error without the line and column: the caller never saw the JSON.
fn without_place(error: &str) -> &str {
    error.rsplit_once(" at line ").map_or(error, |(message, _)| message)
}

/// Characters of a bad value that an error shows.
const MAX_SHOWN: usize = 60;
