//! What a host sends, and what came back.

use emqx_rebalance_api::MAX_BODY;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use http::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// One HTTP request to send. Holds a secret in its headers; `Debug` hides it.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct HttpRequest {
    /// To be handed back with the answer.
    pub id: u64,
    /// `GET` or `POST`.
    pub method: String,
    /// The whole URL, or its path if the cluster's own URL is a path.
    pub url: String,
    /// Header names, in lower case, and values.
    pub headers: BTreeMap<String, String>,
    /// JSON text, of commands alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Milliseconds after which to give up and hand in a failure of kind `timeout`.
    pub timeout_ms: u64,
}

impl HttpRequest {
    pub(super) fn new(id: u64, url: String, request: Request<Vec<u8>>, timeout: Duration) -> Self {
        let (parts, body) = request.into_parts();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut headers = BTreeMap::new();
        headers.extend(parts.headers.iter().map(|(k, v)| (k.to_string(), text(v.as_bytes()))));
        Self {
            id,
            method: parts.method.to_string(),
            url,
            headers,
            body: (!body.is_empty()).then(|| text(&body)),
            timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// What came back for one request: `{"id", "status", "body"}`, or `{"id", "error": {"kind",
/// "message"}}`. A request is answered once, and no redirect is followed.
///
/// The answer to a login holds its token; `Debug` hides the body.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(deny_unknown_fields)]
pub struct HttpAnswer {
    /// The request's.
    pub id: u64,
    /// The status code. Left out if there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The whole body, at most [`MAX_BODY`] bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<String>", optional))]
    pub body: String,
    /// Why there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAnswer")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// Why there was no answer.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// What went wrong.
    pub kind: FailureKind,
    /// In words, for people. Must hold no secret.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<String>", optional))]
    pub message: String,
}

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// No whole answer in time.
    Timeout,
    /// No connection.
    Unreachable,
    /// The answer broke off, or was too large.
    Protocol,
}

impl HttpAnswer {
    pub(super) fn read(self) -> (u64, Result<Response<Vec<u8>>>) {
        let id = self.id;
        (id, self.response())
    }

    fn response(self) -> Result<Response<Vec<u8>>> {
        if let Some(failure) = self.error {
            return Err(failure.into());
        }
        if self.body.len() > MAX_BODY {
            let message = "the answer is too large to be EMQX's: check the URL";
            return Err(Error::new(ErrorKind::Protocol, message).with("limit_bytes", MAX_BODY));
        }
        let bad = || Error::new(ErrorKind::Protocol, "the answer has no status code");
        let status = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        let mut response = Response::new(self.body.into_bytes());
        *response.status_mut() = status.ok_or_else(bad)?;
        Ok(response)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let (kind, message) = match failure.kind {
            FailureKind::Timeout => (ErrorKind::Timeout, "no answer in time"),
            FailureKind::Unreachable => (ErrorKind::Unreachable, "cannot connect"),
            FailureKind::Protocol => (ErrorKind::Protocol, "the answer broke off"),
        };
        let cause: String = failure.message.chars().take(MAX_CAUSE).collect();
        let error = Self::new(kind, message);
        if cause.is_empty() { error } else { error.with("cause", cause) }
    }
}

const MAX_CAUSE: usize = 500;
