//! What runs, and whether the node that answers takes clients.

use super::error::answer;
use crate::read::failure::{by_status, not_emqx, server_error};
use crate::read::status::{self as read, Entry};
use crate::read::{Body, body};
use crate::request::get;
use emqx_rebalance_core::{Availability, GlobalStatus, LocalStatus, Result};
use http::{Request, Response, StatusCode};
use serde_json::Value;

pub(crate) fn status() -> Request<Vec<u8>> {
    get("/api/v4/load_rebalance/status")
}

pub(crate) fn parse_status(response: &Response<Vec<u8>>) -> Result<LocalStatus> {
    let value = answer(response)?;
    read::local(&value)
        .map_err(|why| not_emqx(response.status(), &Body::Json(value)).with("why", why))
}

pub(crate) fn global_status() -> Request<Vec<u8>> {
    get("/api/v4/load_rebalance/global_status")
}

pub(crate) fn parse_global_status(response: &Response<Vec<u8>>) -> Result<GlobalStatus> {
    let value = answer(response)?;
    match (entries(&value, "rebalances"), entries(&value, "evacuations")) {
        (Some(rebalances), Some(evacuations)) => Ok(read::global(&rebalances, &evacuations, &[])),
        _ => Err(not_emqx(response.status(), &Body::Json(value))),
    }
}

/// A list, as the documentation shows, or a map by node, as the source of August 2022 makes.
fn entries<'a>(value: &'a Value, list: &str) -> Option<Vec<Entry<'a>>> {
    match value.get(list)? {
        Value::Array(elements) => Some(elements.iter().map(|element| (None, element)).collect()),
        Value::Object(map) => {
            Some(map.iter().map(|(node, element)| (Some(node.as_str()), element)).collect())
        }
        _ => None,
    }
}

pub(crate) fn availability_check() -> Request<Vec<u8>> {
    get("/api/v4/load_rebalance/availability_check")
}

/// EMQX 4 answers 200 or 503, both with an empty object or nothing.
pub(crate) fn parse_availability_check(response: &Response<Vec<u8>>) -> Result<Availability> {
    let status = response.status();
    match body(response)? {
        Body::Json(Value::Object(_)) | Body::Empty if status == StatusCode::OK => {
            Ok(Availability::Serving)
        }
        Body::Json(Value::Object(_)) | Body::Empty if status == StatusCode::SERVICE_UNAVAILABLE => {
            Ok(Availability::Closed)
        }
        body if status.is_server_error() => {
            Err(by_status(status, &body).unwrap_or_else(|| server_error(status, &body)))
        }
        body => Err(by_status(status, &body).unwrap_or_else(|| not_emqx(status, &body))),
    }
}
