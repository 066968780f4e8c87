//! Who asks, and whether they may.

use super::Site;
use super::refusal::Refusal;
use crate::config::{Role, Token};
use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use emqx_rebalance_core::{Error, ErrorKind};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// Somebody who may look.
#[derive(Debug)]
pub(super) struct Viewer;

/// Somebody who may approve, reject and stop, by name.
#[derive(Debug)]
pub(super) struct Approver(pub(super) String);

impl FromRequestParts<Site> for Viewer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Refusal> {
        if site.tokens.is_empty() { local(parts) } else { known(parts, site).map(|_| Self) }
    }
}

impl FromRequestParts<Site> for Approver {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Refusal> {
        if site.tokens.is_empty() {
            let message =
                "nothing is done for somebody without a name: the fleet's file has no `tokens`";
            return Err(Error::new(ErrorKind::Forbidden, message).into());
        }
        let token = known(parts, site)?;
        if token.role < Role::Approver {
            let error = Error::new(ErrorKind::Forbidden, "this token may look, and nothing else");
            return Err(error.with("who", &token.name).with("role", token.role.as_str()).into());
        }
        Ok(Self(token.name.clone()))
    }
}

/// Without tokens this listens at loopback alone. A page in a browser of this machine could come by a name
/// of its own for that, which shows in the header.
fn local(parts: &Parts) -> Result<Viewer, Refusal> {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let authority = host.parse::<Authority>().ok();
    let name = authority.as_ref().map_or("", |authority| authority.host()).trim_matches(['[', ']']);
    if name == "localhost" || name.parse::<IpAddr>().is_ok() {
        return Ok(Viewer);
    }
    let message = "without `tokens` this process is asked by its address or as localhost";
    Err(Error::new(ErrorKind::Forbidden, message).with("host", host).into())
}

fn known<'a>(parts: &Parts, site: &'a Site) -> Result<&'a Token, Refusal> {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = header.and_then(|value| value.strip_prefix("Bearer "));
    let Some(given) = given else {
        let message = "a token is needed: send it as `Authorization: Bearer TOKEN`";
        return Err(Error::new(ErrorKind::Unauthorized, message).into());
    };
    // How long hashes agree tells nothing of the token that they are of; and 16 characters are not guessed, however
    // often somebody asks.
    let hash = |text: &str| Sha256::digest(text);
    let asked = hash(given);
    if let Some(token) = site.tokens.iter().find(|token| hash(token.secret.expose()) == asked) {
        return Ok(token);
    }
    Err(Error::new(ErrorKind::Unauthorized, "no such token").into())
}
