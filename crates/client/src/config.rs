//! Where a cluster is, who asks, and how patiently.

use emqx_rebalance_api::Secret;
use emqx_rebalance_core::{Error, NodeName, Problem, Result};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// Where a cluster is, who asks, and how patiently.
#[derive(Clone, Debug, Default)]
pub struct ClusterConfig {
    /// Base URLs of the API of one or more nodes, or of a load balancer: `http://emqx:18083`. At
    /// least one. Another is asked when one does not answer.
    pub urls: Vec<String>,
    /// Base URLs of single nodes, for what only a node itself can answer. A node that is not here is
    /// looked for at its own host, with the scheme, port and path of the first of `urls`.
    pub node_urls: BTreeMap<NodeName, String>,
    /// Who asks.
    pub auth: Auth,
    /// How `https` is verified.
    pub tls: Tls,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    /// Nobody: behind a proxy that adds a key of its own.
    #[default]
    Anonymous,
    /// An API key of the dashboard, or an application of EMQX 4.
    ApiKey {
        /// The key.
        key: String,
        /// Its secret.
        secret: Secret,
    },
    /// A dashboard user. Logs in again when the token has expired.
    Login {
        /// The user's name.
        username: String,
        /// The password.
        password: Secret,
    },
}

/// How `https` is verified: always, by the system's certificates and these.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// PEM file with further certificate authorities.
    pub ca_cert: Option<PathBuf>,
    /// PEM file with the client's certificate, and the chain after it.
    pub client_cert: Option<PathBuf>,
    /// PEM file with the key of `client_cert`.
    pub client_key: Option<PathBuf>,
}

/// How long to wait.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// For a connection. Default 3 s.
    pub connect: Duration,
    /// For the whole answer to a read or a stop. Default 16 s: while a node hangs, EMQX 5.9 and later
    /// answer after 15 s, when their own calls to it give up; before 5.9 these never do, and another
    /// node is asked.
    pub request: Duration,
    /// For the whole answer to a start. Default 60 s: EMQX 5.9 and later may work 45 s on it.
    pub start: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            request: Duration::from_secs(16),
            start: Duration::from_secs(60),
        }
    }
}

impl ClusterConfig {
    /// A cluster behind `url`, asked by nobody in particular.
    pub fn new(url: impl Into<String>) -> Self {
        Self { urls: vec![url.into()], ..Self::default() }
    }

    /// The base URLs and the nodes' own.
    pub(crate) fn checked_urls(&self) -> Result<(Vec<Url>, BTreeMap<NodeName, Url>)> {
        let mut problems = Vec::new();
        let mut read = |field: String, text: &str| {
            base_url(text).map_err(|bound| problems.push(Problem::new(field, shown(text), bound)))
        };
        let urls = self.urls.iter().enumerate();
        let urls: Vec<_> = urls.filter_map(|(i, u)| read(format!("urls[{i}]"), u).ok()).collect();
        let node_urls = self.node_urls.iter().filter_map(|(node, text)| {
            Some((node.clone(), read(format!("node_urls[{node}]"), text).ok()?))
        });
        let node_urls = node_urls.collect();
        if self.urls.is_empty() {
            problems.push(Problem::new("urls", "[]", "at least one URL of EMQX's API"));
        }
        if problems.is_empty() {
            Ok((urls, node_urls))
        } else {
            Err(Error::invalid("cluster", problems))
        }
    }
}

fn base_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| BOUND)?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(BOUND);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL without a user and password: give those as key and secret");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a URL without `?` and `#`");
    }
    Ok(url)
}

/// A bad URL may hold a password, so nothing before an `@` is shown.
fn shown(text: &str) -> String {
    let after = text.rsplit_once('@').map_or(text, |(_, after)| after);
    after.chars().take(80).collect()
}

const BOUND: &str = "a URL such as `http://emqx:18083`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_urls_are_all_named_and_no_password_is_shown() {
        let config = ClusterConfig {
            urls: ["emqx:18083", "ftp://emqx", "http://u:s3cret@emqx", "http://emqx/?a"]
                .map(str::to_owned)
                .to_vec(),
            ..ClusterConfig::default()
        };
        let text = config.checked_urls().unwrap_err().to_string();
        for field in ["urls[0]", "urls[1]", "urls[2]", "urls[3]"] {
            assert!(text.contains(field), "{field} not in {text}");
        }
        assert!(!text.contains("s3cret"), "{text}");
        assert!(ClusterConfig::default().checked_urls().is_err());
        assert!(ClusterConfig::new("https://emqx/prefix/").checked_urls().is_ok());
    }
}
