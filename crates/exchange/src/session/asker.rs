//! Who asks: what goes with a request, and the words for what comes of it.

use super::Session;
use super::hiding::Hidden;
use crate::access::Auth;
use crate::base::BaseUrl;
use crate::transport::Transport;
use emqx_rebalance_api::{ApiVersion, Credentials, Login, Secret, Sent};
use emqx_rebalance_core::{Error, Result};
use http::Request;
use std::sync::PoisonError;
use std::time::Duration;

impl<T: Transport> Session<T> {
    /// What goes with a request to `url`.
    pub(super) async fn credentials(
        &self,
        url: &BaseUrl,
        timeout: Duration,
    ) -> Result<Credentials> {
        match &self.line.auth {
            Auth::Anonymous => Ok(Credentials::Anonymous),
            Auth::Token(token) => Ok(Credentials::Token(token.clone())),
            Auth::ApiKey { key, secret } => {
                Ok(Credentials::ApiKey { key: key.clone(), secret: secret.clone() })
            }
            Auth::Login { username, password } => {
                self.token(url, username, password, timeout).await.map(Credentials::Token)
            }
        }
    }

    async fn token(
        &self,
        url: &BaseUrl,
        username: &str,
        password: &Secret,
        timeout: Duration,
    ) -> Result<Secret> {
        if let Some(login) = self.known_login() {
            return Ok(login.token);
        }
        let api = ApiVersion::V5;
        let request = api.login(username, password)?;
        let asked = Request::get(request.uri().clone()).body(Vec::new()).unwrap_or_default();
        let answer = self.transport.send(url, request, timeout).await;
        let read = |response| match api.parse_login(&response) {
            Ok(login) => Ok(login),
            Err(_) => api.parse_login(&Hidden::password(password).taken_out_of(response)),
        };
        let login = answer.and_then(read);
        let login = login.map_err(|error| self.about(error, url, &asked))?;
        let token = login.token.clone();
        self.remember(Some(login));
        Ok(token)
    }

    /// `error` with what was asked of whom, in words that fit who asked.
    pub(super) fn about(&self, error: Error, url: &BaseUrl, request: &Request<Vec<u8>>) -> Error {
        let sent = match self.line.auth {
            Auth::Anonymous => Sent::Nothing,
            Auth::ApiKey { .. } => Sent::ApiKey,
            Auth::Token(_) => Sent::Token,
            Auth::Login { .. } => Sent::Login,
        };
        // That of a login on the way knows its own.
        if error.context().contains_key("path") {
            return error;
        }
        sent.explain(error).with("url", url).with("path", request.uri().path())
    }

    /// EMQX's word for the role of the user who logged in last, if it told one.
    pub(crate) fn role(&self) -> Option<String> {
        self.known_login()?.role
    }

    fn known_login(&self) -> Option<Login> {
        self.line.login.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn remember(&self, login: Option<Login>) {
        *self.line.login.lock().unwrap_or_else(PoisonError::into_inner) = login;
    }
}
