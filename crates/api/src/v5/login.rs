//! From a dashboard user's name and password to a token.

use super::error::command;
use crate::auth::Secret;
use crate::login::Login;
use crate::read::{Body, body};
use crate::request::post;
use emqx_rebalance_core::{EmqxVersion, Error, ErrorKind, Result};
use http::{Request, Response, StatusCode, Uri};
use serde_json::json;

pub(crate) fn login(username: &str, password: &Secret) -> Result<Request<Vec<u8>>> {
    let body = json!({"username": username, "password": password.expose()});
    Ok(post(Uri::from_static("/api/v5/login"), Some(&body)))
}

pub(crate) fn parse_login(response: &Response<Vec<u8>>) -> Result<Login> {
    // An answer of 200 may hold a token somewhere, so no error shows any of it.
    if response.status() != StatusCode::OK
        && let Some(refusal) = command(response)?
    {
        return Err(refusal.into());
    }
    let body = body(response)?;
    let text = |name| match &body {
        Body::Json(value) => value.get(name)?.as_str(),
        Body::Empty | Body::Text(_) => None,
    };
    let token = text("token").ok_or_else(|| {
        Error::new(ErrorKind::Protocol, "the login's answer has no token: check the URL")
    })?;
    Ok(Login {
        token: Secret::new(token),
        version: text("version").and_then(EmqxVersion::parse),
        role: text("role").map(str::to_owned),
    })
}
