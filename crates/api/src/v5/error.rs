//! What EMQX 5 answers when it does not do what it was asked.

use crate::read::failure::{by_status, code, not_emqx, server_error, text};
use crate::read::reason::{internal, reason};
use crate::read::{Body, MAX_TEXT, body, one_line};
use emqx_rebalance_core::{Refusal, RefusalReason, Result};
use http::{Response, StatusCode};
use serde_json::Value;

/// The JSON of an answer to a read.
///
/// # Errors
/// Whatever the answer says if it is not 200 with JSON; a refusal is an error here.
pub(crate) fn answer(response: &Response<Vec<u8>>) -> Result<Value> {
    let status = response.status();
    match body(response)? {
        Body::Json(value) if status == StatusCode::OK => Ok(value),
        body if status.is_server_error() => {
            Err(by_status(status, &body).unwrap_or_else(|| server_error(status, &body)))
        }
        body => refused(status, &body).and_then(|refusal| Err(refusal.into())),
    }
}

/// The answer to a command: `None` if EMQX did it.
///
/// # Errors
/// Whatever keeps the answer from being EMQX's: then it is not known whether the command was
/// carried out.
pub(crate) fn command(response: &Response<Vec<u8>>) -> Result<Option<Refusal>> {
    let status = response.status();
    match body(response)? {
        Body::Json(Value::Object(_)) if status == StatusCode::OK => Ok(None),
        body => refused(status, &body).map(Some),
    }
}

fn refused(status: StatusCode, body: &Body) -> Result<Refusal> {
    if let Some(error) = by_status(status, body) {
        return Err(error);
    }
    let text = text(body);
    let reason = match (status.as_u16(), code(body)) {
        (400..=499, Some(_)) => reason(&text),
        (500, Some(_)) => internal(&text),
        // EMQX's own 500 and 503 about RPC: the code is not declared, so the body is no JSON.
        (500 | 503, _) => match reason(&text) {
            RefusalReason::Other => return Err(server_error(status, body)),
            reason => reason,
        },
        _ => return Err(not_emqx(status, body)),
    };
    Ok(Refusal { reason, status: status.as_u16(), text: one_line(&text, MAX_TEXT) })
}
