//! From text to values and back.
//!
//! Every call takes and gives the text of a JSON value of the contract, and throws the text of an error.
//! Text, since the browser's own JSON reader and writer make plain objects and take whole numbers for
//! what they are, while a walk over JavaScript objects makes every number a float; and since the crate
//! that walks would be in the package beside `serde_json`, which reads EMQX's answers.

use emqx_rebalance_core::{Error, ErrorKind, Loose, Problem, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// What a call throws: the text of an error's JSON.
pub type Thrown = String;

/// Answers the call that `text` holds: reads it, has `work` done, and writes what comes of it.
///
/// # Errors
/// The text of what went wrong.
pub fn answer<T: Serialize>(
    text: &str,
    work: impl FnOnce(Loose) -> Result<T>,
) -> Result<String, Thrown> {
    write(&work(parsed(text, "request")?).map_err(|error| thrown(&error))?)
}

/// Reads a value whose type knows no problems of its own; `what` it is.
///
/// # Errors
/// The text of `config_invalid` if it is none.
pub fn read<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Thrown> {
    T::deserialize(parsed(text, what)?).map_err(|error| unreadable(what, &error))
}

/// The value of `text`. Every type is read from such values: readers of both would be twice the code,
/// and are most of it.
///
/// # Errors
/// The text of `config_invalid` if it is no JSON.
pub fn parsed(text: &str, what: &str) -> Result<Loose, Thrown> {
    serde_json::from_slice(text.as_bytes()).map_err(|error| unreadable(what, &error))
}

fn unreadable(what: &str, error: &dyn Display) -> Thrown {
    let problem = Problem::new(what, error, format!("the JSON of {what}"));
    thrown(&Error::invalid(what, vec![problem]))
}

/// The text of `value`.
///
/// # Errors
/// The text of `protocol` if JSON cannot say it.
pub fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, Thrown> {
    serde_json::to_string(value).map_err(|error| {
        thrown(&Error::new(ErrorKind::Protocol, "cannot be written as JSON").with("why", error))
    })
}

/// The text of an error.
pub fn thrown(error: &Error) -> Thrown {
    // An error's JSON holds nothing but texts: it can always be written.
    serde_json::to_string(error).unwrap_or_else(|_| error.to_string())
}

/// Milliseconds since 1970, as JavaScript counts them; 0 for anything before and for no number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
pub fn milliseconds(now: f64) -> u64 {
    now as u64
}
