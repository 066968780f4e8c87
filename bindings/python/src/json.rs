//! JSON text, in which values cross, and errors: as Python's exceptions, which the package defines.

use emqx_rebalance_core::{Error, ErrorKind, Loose, Result};
use emqx_rebalance_exchange::Reply;
use pyo3::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// `value` as JSON. Values of the core have no keys but text, so that this cannot fail.
pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The exception for `error`.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let exception = py
        .import("emqx_rebalance._errors")
        .and_then(|module| module.getattr("from_json")?.call1((text(error),)));
    exception.map_or_else(|failure| failure, PyErr::from_value)
}

/// The text of a result, or the exception.
pub(crate) fn unwrapped<T>(py: Python<'_>, result: Result<T>) -> PyResult<T> {
    result.map_err(|error| raised(py, &error))
}

/// A reply or a result as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Text(pub(crate) String);

impl From<Reply> for Text {
    fn from(reply: Reply) -> Self {
        Self(text(&reply))
    }
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

/// The text of an error without the line and column: the caller never saw the JSON.
fn without_place(error: &str) -> &str {
    error.rsplit_once(" at line ").map_or(error, |(message, _)| message)
}
