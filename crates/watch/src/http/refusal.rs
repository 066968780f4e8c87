//! An error as an answer: the JSON that errors have in every language, and a status that goes with its kind.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use emqx_rebalance_core::{Error, ErrorKind};

/// Why something is not told or done.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: Error,
}

impl Refusal {
    /// What is asked for is not there.
    pub(super) fn unknown(error: Error) -> Self {
        Self { status: StatusCode::NOT_FOUND, error }
    }

    pub(super) fn no_such_path() -> Self {
        let message = "there is nothing at this path: /api/v1/openapi.json says what there is";
        Self::unknown(Error::new(ErrorKind::ConfigInvalid, message))
    }

    pub(super) fn no_such_method() -> Self {
        let message = "this path is not asked in this way: /api/v1/openapi.json says how";
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self { status, error: Error::new(ErrorKind::ConfigInvalid, message) }
    }

    /// Nothing was done; the same may be asked again.
    pub(super) fn busy(message: &str) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { status, error: Error::new(ErrorKind::Timeout, message) }
    }

    pub(super) fn late(message: &str) -> Self {
        Error::new(ErrorKind::Timeout, message).into()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::Unauthorized => StatusCode::UNAUTHORIZED,
            ErrorKind::Forbidden => StatusCode::FORBIDDEN,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::ConfigInvalid => StatusCode::BAD_REQUEST,
            ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self { status, error }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self.error)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = axum::http::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}
