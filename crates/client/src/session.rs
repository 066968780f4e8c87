//! Sends requests to the right node as the right user, and asks again what can be asked again.

use crate::address::Addresses;
use crate::config::{Auth, ClusterConfig, Timeouts};
use crate::transport::Transport;
use backon::{ExponentialBuilder, Retryable};
use emqx_rebalance_api::{ApiVersion, Credentials, Secret};
use emqx_rebalance_core::{Error, ErrorKind, NodeName, Result};
use http::{Request, Response, StatusCode};
use std::time::Duration;
use tokio::sync::RwLock;
use url::Url;

/// A way to ask a cluster.
#[derive(Debug)]
pub(crate) struct Session {
    transport: Transport,
    addresses: Addresses,
    auth: Auth,
    /// The token of the last login.
    token: RwLock<Option<Secret>>,
    pub(crate) timeouts: Timeouts,
}

impl Session {
    pub(crate) fn new(config: ClusterConfig) -> Result<Self> {
        let (urls, node_urls) = config.checked_urls()?;
        Ok(Self {
            transport: Transport::new(&config.tls, &config.timeouts)?,
            addresses: Addresses::new(urls, node_urls),
            auth: config.auth,
            token: RwLock::new(None),
            timeouts: config.timeouts,
        })
    }

    /// Asks any node, each in turn, and again after a pause if none answers. For reads only, and
    /// for commands that may be repeated.
    pub(crate) async fn ask<T>(
        &self,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<T>,
    ) -> Result<T> {
        let attempt = || self.ask_each(request, &parse);
        attempt.retry(backoff()).when(Error::is_retryable).await
    }

    async fn ask_each<T>(
        &self,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<T>,
    ) -> Result<T> {
        let mut last = Error::new(ErrorKind::Unreachable, "there is no URL to ask");
        for (place, url) in self.addresses.any() {
            let answer = self.ask_at(&url, request, self.timeouts.request).await;
            match answer.and_then(|response| parse(&response)) {
                Ok(value) => {
                    self.addresses.prefer(place);
                    return Ok(value);
                }
                Err(error) if error.is_retryable() => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Sends a command once, to one node: whether it arrived is not known if no answer comes.
    pub(crate) async fn command(
        &self,
        request: &Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>> {
        let any = self.addresses.any();
        let (_, url) = any
            .first()
            .ok_or_else(|| Error::new(ErrorKind::Unreachable, "there is no URL to ask"))?;
        self.ask_at(url, request, timeout).await
    }

    /// Asks `node` itself.
    pub(crate) async fn ask_node<T>(
        &self,
        api: ApiVersion,
        node: &NodeName,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<T>,
    ) -> Result<T> {
        let url = self.url_of(api, node).await?;
        parse(&self.ask_at(&url, request, self.timeouts.request).await?)
    }

    /// Where `node` answers. Whoever answers at a guessed address is asked for its name, since a
    /// load balancer in between would answer for another node.
    async fn url_of(&self, api: ApiVersion, node: &NodeName) -> Result<Url> {
        if let Some(url) = self.addresses.of(node) {
            return Ok(url);
        }
        for url in self.addresses.candidates(node) {
            let Ok(response) = self.ask_at(&url, &api.node_status(), self.timeouts.connect).await
            else {
                continue;
            };
            let name = api.parse_node_status(&response).ok().and_then(|health| health.node);
            if let Some(name) = name {
                self.addresses.learn(name, url);
            }
            if let Some(url) = self.addresses.of(node) {
                return Ok(url);
            }
        }
        let message = "the node's own API is not to be found: give its URL";
        Err(Error::new(ErrorKind::Unreachable, message).with("node", node))
    }

    /// Sends `request` to `url`, and once more after a new login if the token has expired.
    pub(crate) async fn ask_at(
        &self,
        url: &Url,
        request: &Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>> {
        let response = self.send_as(url, request, timeout, self.credentials(url).await?).await?;
        let is_login = matches!(self.auth, Auth::Login { .. });
        if response.status() != StatusCode::UNAUTHORIZED || !is_login {
            return Ok(response);
        }
        *self.token.write().await = None;
        self.send_as(url, request, timeout, self.credentials(url).await?).await
    }

    async fn send_as(
        &self,
        url: &Url,
        request: &Request<Vec<u8>>,
        timeout: Duration,
        credentials: Credentials,
    ) -> Result<Response<Vec<u8>>> {
        let mut request = request.clone();
        credentials.apply(&mut request)?;
        self.transport.send(url, request, timeout).await
    }

    async fn credentials(&self, url: &Url) -> Result<Credentials> {
        match &self.auth {
            Auth::Anonymous => Ok(Credentials::Anonymous),
            Auth::ApiKey { key, secret } => {
                Ok(Credentials::ApiKey { key: key.clone(), secret: secret.clone() })
            }
            Auth::Login { username, password } => {
                self.token(url, username, password).await.map(Credentials::Token)
            }
        }
    }

    async fn token(&self, url: &Url, username: &str, password: &Secret) -> Result<Secret> {
        if let Some(token) = self.token.read().await.clone() {
            return Ok(token);
        }
        let api = ApiVersion::V5;
        let request = api.login(username, password)?;
        let response = self.transport.send(url, request, self.timeouts.request).await?;
        let login = api.parse_login(&response)?;
        *self.token.write().await = Some(login.token.clone());
        Ok(login.token)
    }
}

/// Twice again, after about a quarter and half a second.
fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(250))
        .with_max_times(2)
        .with_jitter()
}
