//! JSON text, in which values cross.

use emqx_rebalance_core::{Error, ErrorKind, Loose, Problem, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// `value` as JSON. Values of the core have no keys but text, so that this cannot fail.
pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Reads what a call of the core takes, which finds every problem in it at once.
///
/// # Errors
/// `config_invalid` if it is no JSON.
pub(crate) fn loose(what: &str, text: &str) -> Result<Loose> {
    value(what, text)
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

/// The text of an error without the line and column: the caller never saw the JSON.
fn without_place(error: &str) -> &str {
    error.rsplit_once(" at line ").map_or(error, |(message, _)| message)
}

/// Characters of a bad value that an error shows.
const MAX_SHOWN: usize = 60;
