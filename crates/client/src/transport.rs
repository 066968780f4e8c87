//! Moves one request to one address, with a limit on everything.

use crate::clock;
use crate::config::Tls;
use crate::tls;
use emqx_rebalance_api::MAX_BODY;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use emqx_rebalance_exchange::{BaseUrl, Timeouts, Transport};
use http::{Request, Response};
use reqwest::redirect::Policy;
use std::time::Duration;

/// An HTTP client that follows no redirects and reads no more than [`MAX_BODY`].
#[derive(Clone, Debug)]
pub(crate) struct Sockets(reqwest::Client);

impl Sockets {
    pub(crate) fn new(tls: &Tls, timeouts: &Timeouts) -> Result<Self> {
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client_config(tls)?)
            .connect_timeout(timeouts.connect)
            .redirect(Policy::none())
            .user_agent(concat!("emqx-rebalance/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(|error| described(&error))
    }
}

impl Transport for Sockets {
    const TAKES_PATHS: bool = false;

    async fn send(
        &self,
        base: &BaseUrl,
        request: Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>> {
        let (parts, body) = request.into_parts();
        let url = base.join(&parts.uri);
        let request = self.0.request(parts.method, url).headers(parts.headers).body(body);
        let answer = async {
            let response = request.send().await.map_err(|error| described(&error))?;
            let status = response.status();
            let headers = response.headers().clone();
            let mut answer = Response::new(read(response).await?);
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
            Ok(answer)
        };
        let late = || Error::new(ErrorKind::Timeout, "no answer in time");
        let answer = tokio::time::timeout(timeout, answer).await.unwrap_or_else(|_| Err(late()));
        answer.map_err(|error: Error| error.with("url", base))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn unix_ms(&self) -> u64 {
        clock::unix_ms()
    }
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| described(&error))? {
        if body.len() + chunk.len() > MAX_BODY {
            let message = "the answer is too large to be EMQX's: check the URL";
            return Err(Error::new(ErrorKind::Protocol, message).with("limit_bytes", MAX_BODY));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The error in our words. Of reqwest's, only the innermost cause is kept: the others repeat it, or
/// hold the URL.
fn described(error: &reqwest::Error) -> Error {
    let (kind, message) = if error.is_timeout() {
        (ErrorKind::Timeout, "no answer in time")
    } else if error.is_connect() {
        (ErrorKind::Unreachable, "cannot connect")
    } else if error.is_body() || error.is_decode() {
        (ErrorKind::Protocol, "the answer broke off")
    } else {
        (ErrorKind::Unreachable, "the connection failed")
    };
    let mut cause: &(dyn std::error::Error + 'static) = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let described = Error::new(kind, message).with("cause", cause);
    if cause.to_string().contains("certificate") {
        return described.with("hint", "give the cluster's CA certificate");
    }
    described
}
