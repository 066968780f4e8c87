//! The core's errors as Python's exceptions, which the package defines.

use crate::json;
use emqx_rebalance_core::Error;
use pyo3::prelude::*;

/// The exception for `error`.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let exception = py
        .import("emqx_rebalance._errors")
        .and_then(|module| module.getattr("from_json")?.call1((json::text(error),)));
    exception.map_or_else(|failure| failure, PyErr::from_value)
}

/// The text of a result, or the exception.
pub(crate) fn unwrapped<T>(py: Python<'_>, result: Result<T, Error>) -> PyResult<T> {
    result.map_err(|error| raised(py, &error))
}
