//! Finds out which API answers.

use crate::read::failure::{by_status, described, server_error};
use crate::read::{Body, body};
use crate::version::ApiVersion;
use crate::{health, v4, v5};
use emqx_rebalance_core::{Error, ErrorKind, Result};
use http::{Request, Response, StatusCode};
use serde_json::Value;

/// The question whether an EMQX speaks `candidate`.
///
/// Ask for [`ApiVersion::V5`] first, which needs no key, and for [`ApiVersion::V4`], which needs
/// one, if the answer was no.
pub fn probe(candidate: ApiVersion) -> Request<Vec<u8>> {
    match candidate {
        ApiVersion::V4 => v4::nodes::nodes(),
        ApiVersion::V5 => v5::nodes::node_status(),
    }
}

/// Whether the answer to [`probe`] says yes.
///
/// # Errors
/// For [`ApiVersion::V4`], if the answer is no: `unauthorized` or `forbidden` if the key is the
/// reason, and `protocol` if this is not EMQX's API at all. For both, errors of proxies and
/// `protocol` if the body is too large.
pub fn parse_probe(candidate: ApiVersion, response: &Response<Vec<u8>>) -> Result<bool> {
    match candidate {
        ApiVersion::V4 => is_v4(response),
        ApiVersion::V5 => is_v5(response),
    }
}

fn is_v5(response: &Response<Vec<u8>>) -> Result<bool> {
    let status = response.status();
    let body = body(response)?;
    if health::parse(response).is_ok() {
        return Ok(true);
    }
    match by_status(status, &body) {
        Some(error) if status.is_server_error() => Err(error),
        _ => Ok(false),
    }
}

fn is_v4(response: &Response<Vec<u8>>) -> Result<bool> {
    let status = response.status();
    match body(response)? {
        Body::Json(value) if status == StatusCode::OK && is_list(&value) => Ok(true),
        body => Err(match status.as_u16() {
            200 | 400 | 404 | 405 => not_either(status, &body),
            500..=599 => by_status(status, &body).unwrap_or_else(|| server_error(status, &body)),
            _ => by_status(status, &body).unwrap_or_else(|| not_either(status, &body)),
        }),
    }
}

fn is_list(value: &Value) -> bool {
    value.get("data").is_some_and(Value::is_array)
}

fn not_either(status: StatusCode, body: &Body) -> Error {
    let message = "neither EMQX's v5 nor its v4 API answers here: check host, port and path of the \
                   URL (EMQX's API listens on 18083, on EMQX 4 on 8081)";
    described(ErrorKind::Protocol, message, status, body)
}
