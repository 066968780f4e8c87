//! From a dashboard user's name and password to a token.
//!
//! EMQX 4 has no login for its API: an application's id and secret come with every request.

use crate::auth::Secret;
use crate::read::{Body, body};
use crate::request::post;
use crate::v5::error::command;
use crate::version::ApiVersion;
use emqx_rebalance_core::{EmqxVersion, Error, ErrorKind, Result};
use http::{Request, Response, StatusCode, Uri};
use serde_json::json;

/// The answer to a login.
#[derive(Clone, Debug)]
pub struct Login {
    /// The token, for [`crate::Credentials::Token`].
    pub token: Secret,
    /// The version of the node that answered.
    pub version: Option<EmqxVersion>,
    /// EMQX's word for what the user may do, such as `administrator` or `viewer`, since 5.3.
    pub role: Option<String>,
}

impl ApiVersion {
    /// Asks for a token for a dashboard user. The body holds the password as it is: do not log it.
    ///
    /// # Errors
    /// `unsupported` on EMQX 4, which has no login for its API.
    pub fn login(self, username: &str, password: &Secret) -> Result<Request<Vec<u8>>> {
        self.has_login()?;
        let body = json!({"username": username, "password": password.expose()});
        Ok(post(Uri::from_static("/api/v5/login"), Some(&body)))
    }

    /// Reads the answer to [`Self::login`].
    ///
    /// # Errors
    /// `unauthorized` if the name or password is wrong; else as the crate's page says.
    pub fn parse_login(self, response: &Response<Vec<u8>>) -> Result<Login> {
        self.has_login()?;
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

    fn has_login(self) -> Result<()> {
        let message =
            "EMQX 4 has no login for its API: give an application's id and secret as API key";
        match self {
            Self::V4 => Err(Error::new(ErrorKind::Unsupported, message)),
            Self::V5 => Ok(()),
        }
    }
}
