//! From text to values and back.

use emqx_rebalance_core::{Error, ErrorKind, Problem, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads `what`.
pub(crate) fn read<T: DeserializeOwned>(text: &str, what: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        Error::invalid(what, vec![Problem::new(what, error, format!("the JSON of a {what}"))])
    })
}

/// The text of what came of a call, or the text to throw.
pub(crate) fn write<T: Serialize>(result: Result<T>) -> Result<String, String> {
    result.map_err(|error| thrown(&error)).and_then(|value| {
        serde_json::to_string(&value).map_err(|error| {
            thrown(&Error::new(ErrorKind::Protocol, "cannot be written as JSON").with("why", error))
        })
    })
}

/// The text of an error.
pub(crate) fn thrown(error: &Error) -> String {
    // An error's JSON holds nothing but texts: it can always be written.
    serde_json::to_string(error).unwrap_or_else(|_| error.to_string())
}
