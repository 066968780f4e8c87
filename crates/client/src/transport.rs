//! Moves one request to one address, with a limit on everything.

use crate::clock;
use crate::tls::{self, TlsFailure};
use emqx_rebalance_api::MAX_BODY;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use emqx_rebalance_exchange::{BaseUrl, Timeouts, Tls, Transport};
use http::{Request, Response, Uri};
use reqwest::redirect::Policy;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

/// An HTTP client that follows no redirects and reads no more than [`MAX_BODY`].
#[derive(Clone, Debug)]
pub struct Sockets {
    /// By way of the proxy that the environment names, if it names one.
    usual: reqwest::Client,
    /// Never by a proxy: to this machine itself, whose requests and keys are no proxy's business.
    direct: reqwest::Client,
    /// What was given, for the words of errors.
    tls: Arc<Tls>,
}

impl Sockets {
    pub(crate) fn new(tls: &Tls, timeouts: &Timeouts) -> Result<Self> {
        let config = tls::client_config(tls)?;
        let tls = Arc::new(tls.clone());
        let builder = || {
            reqwest::Client::builder()
                .tls_backend_preconfigured(config.clone())
                .connect_timeout(timeouts.connect)
                .redirect(Policy::none())
                .user_agent(concat!("emqx-rebalance/", env!("CARGO_PKG_VERSION")))
        };
        let built = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|error| described(&error, &tls))
        };
        let (usual, direct) = (built(builder())?, built(builder().no_proxy())?);
        Ok(Self { usual, direct, tls })
    }

    fn client(&self, url: &str) -> &reqwest::Client {
        if is_this_machine(url) { &self.direct } else { &self.usual }
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        let broken = |error| described(&error, &self.tls);
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > MAX_BODY {
                let message = "the answer is too large to be EMQX's: check the URL";
                return Err(Error::new(ErrorKind::Protocol, message).with("limit_bytes", MAX_BODY));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
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
        let request =
            self.client(&url).request(parts.method, &url).headers(parts.headers).body(body);
        let answer = async {
            let response = request.send().await;
            let response = response.map_err(|error| described(&error, &self.tls))?;
            let status = response.status();
            let headers = response.headers().clone();
            let mut answer = Response::new(self.read(response).await?);
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

/// Whether `url` leads to this machine itself.
fn is_this_machine(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_end_matches('.');
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mapped = |ip: Ipv6Addr| ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback());
    match bare.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || mapped(ip),
        Err(_) => {
            host.eq_ignore_ascii_case("localhost")
                || host.to_ascii_lowercase().ends_with(".localhost")
        }
    }
}

/// The error in our words, seeing what `tls` gives already. Of reqwest's, only the innermost cause is
/// kept: the others repeat it, or hold the URL.
fn described(error: &reqwest::Error, tls: &Tls) -> Error {
    let mut cause: &(dyn std::error::Error + 'static) = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if let Some(failure) = TlsFailure::among(error) {
        return Error::new(ErrorKind::Unreachable, failure.message(tls))
            .with("tls", failure.as_str())
            .with("cause", cause);
    }
    let (kind, message) = if error.is_timeout() {
        (ErrorKind::Timeout, "no answer in time")
    } else if error.is_connect() {
        (ErrorKind::Unreachable, "cannot connect")
    } else if error.is_body() || error.is_decode() {
        (ErrorKind::Protocol, "the answer broke off")
    } else {
        (ErrorKind::Unreachable, "the connection failed")
    };
    Error::new(kind, message).with("cause", cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_told_from_others() {
        for own in [
            "127.0.0.1:1",
            "127.9.8.7",
            "[::1]:1",
            "[::ffff:127.0.0.1]",
            "LocalHost:1",
            "localhost.",
        ] {
            assert!(is_this_machine(&format!("http://{own}/api")), "{own}");
        }
        for other in ["10.0.0.1:1", "[fd00::1]", "localhost.example", "128.0.0.1", "127.example"] {
            assert!(!is_this_machine(&format!("https://{other}/api")), "{other}");
        }
    }
}
