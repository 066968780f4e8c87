//! Where a cluster is, who asks, and how patiently.

mod dialect;
mod reader;
mod urls;

pub use dialect::Dialect;
pub use reader::{Nowhere, Outside};

use crate::base::BaseUrl;
use emqx_rebalance_api::Secret;
use emqx_rebalance_core::{Error, NodeName, Problem, Result};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Where a cluster is, who asks, and how patiently.
#[derive(Clone, Debug)]
pub struct Access {
    /// Base URLs of the API of one or more nodes, or of a load balancer: `http://emqx:18083`. At
    /// least one. Another is asked when one does not answer.
    pub urls: Vec<String>,
    /// Base URLs of single nodes, for what only a node itself can answer.
    pub node_urls: BTreeMap<NodeName, String>,
    /// Whether a node that is not in `node_urls` is looked for at its own host, with the scheme,
    /// port and path of the first of `urls`. Default true.
    pub find_nodes: bool,
    /// Who asks.
    pub auth: Auth,
    /// How `https` is verified, by a client with sockets of its own.
    pub tls: Tls,
    /// How long to wait.
    pub timeouts: Timeouts,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            node_urls: BTreeMap::new(),
            find_nodes: true,
            auth: Auth::default(),
            tls: Tls::default(),
            timeouts: Timeouts::default(),
        }
    }
}

/// How `https` is verified: always, by the system's certificates and these.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// PEM file with further certificate authorities.
    pub ca_cert: Option<PathBuf>,
    /// The same as text, for a host that has it in memory and no file: beside those of `ca_cert`.
    pub ca_pem: Option<Vec<u8>>,
    /// PEM file with the client's certificate, and the chain after it.
    pub client_cert: Option<PathBuf>,
    /// PEM file with the key of `client_cert`.
    pub client_key: Option<PathBuf>,
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
    /// The token of a login that was made elsewhere.
    Token(Secret),
    /// A dashboard user. Logs in again when the token has expired.
    Login {
        /// The user's name.
        username: String,
        /// The password.
        password: Secret,
    },
}

/// How long to wait.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// For a connection. Default 3 s.
    pub connect: Duration,
    /// For the whole answer to a read or a stop, where there is no quicker way to it. Default 50 s:
    /// while a node hangs, EMQX 5.9 and later answer what runs in the cluster after 45 s and which
    /// nodes there are after 30 s (contract/6.0.3, 06); before 5.9 they answer never. What EMQX
    /// answers at once is waited for as long as [`Self::quick`] says, and asked of others first.
    pub request: Duration,
    /// For the whole answer to a start. Default 60 s: EMQX 5.9 and later may work 45 s on it.
    pub start: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            request: Duration::from_secs(50),
            start: Duration::from_secs(60),
        }
    }
}

impl Timeouts {
    /// For what EMQX answers at once while no node hangs: 3 s, or `request` if that is less.
    pub fn quick(&self) -> Duration {
        QUICK.min(self.request)
    }
}

/// Far longer than a healthy EMQX takes, and short enough that a node that hangs is found out while
/// a rebalance runs.
const QUICK: Duration = Duration::from_secs(3);

/// What was read from [`Access`]: base URLs for the cluster, and for single nodes.
pub(crate) type Urls = (Vec<BaseUrl>, BTreeMap<NodeName, BaseUrl>);

impl Access {
    /// A cluster behind `url`, asked by nobody in particular.
    pub fn new(url: impl Into<String>) -> Self {
        Self { urls: vec![url.into()], ..Self::default() }
    }

    /// The base URLs, each as `parse` reads it.
    ///
    /// # Errors
    /// `config_invalid` with every bad URL; no password in them is shown.
    pub(crate) fn urls(
        &self,
        parse: impl Fn(&str) -> Result<BaseUrl, &'static str>,
    ) -> Result<Urls> {
        let mut problems = Vec::new();
        let mut read = |field: String, text: &str| {
            parse(text).map_err(|bound| problems.push(Problem::new(field, shown(text), bound)))
        };
        let urls = self.urls.iter().enumerate();
        let urls: Vec<_> = urls.filter_map(|(i, u)| read(format!("urls[{i}]"), u).ok()).collect();
        let mut node_urls = BTreeMap::new();
        for (node, text) in &self.node_urls {
            let url = read(format!("node_urls[{node}]"), text);
            node_urls.extend(url.ok().map(|url| (node.clone(), url)));
        }
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

/// A bad URL may hold a password, or a token, so nothing is shown that may be one: what is before an
/// `@`, where a port should be, or behind a `?` or `#`.
fn shown(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (place, query) = text.split_at(end);
    let shown: String = match place.rsplit_once('@') {
        // The mark is one of the password's.
        None if query.contains('@') => String::new(),
        None => with_its_port(place),
        Some((_, after)) => with_its_port(after),
    };
    if query.is_empty() { shown } else { shown + "…" }
}

/// A URL, or what is left of one, up to what should be a port and is no number.
fn with_its_port(place: &str) -> String {
    let host = place.find("://").map_or(0, |at| at + "://".len());
    let host = place[host..].find(']').map_or(host, |at| host + at);
    let port = place[host..].split_once(':').map(|(_, port)| port);
    let is_port = |port: &str| {
        let digits = port.split('/').next().unwrap_or_default();
        digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match port.filter(|port| !is_port(port)) {
        Some(port) => format!("{}…", &place[..place.len() - port.len()]),
        None => place.chars().take(80).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_bad_url_nothing_is_shown_that_may_be_a_secret() {
        for (url, expected) in [
            ("http://u:s3cret@emqx", "emqx"),
            // The other half is behind a comma of the password.
            ("http://u:s3cret", "http://u:…"),
            ("u:s3cret", "u:…"),
            ("http://u:s3?cret@emqx", "…"),
            ("http://emqx/?token=s3cret", "http://emqx/…"),
            ("http://emqx/?a=b@c&token=s3cret", "…"),
            ("http://emqx/#s3cret", "http://emqx/…"),
            ("http://emqx:99999/a:b", "http://emqx:99999/a:b"),
            ("ftp://[::1]:18083", "ftp://[::1]:18083"),
        ] {
            assert_eq!(shown(url), expected, "{url}");
        }
    }

    #[test]
    fn bad_urls_are_all_named_and_no_password_is_shown() {
        let urls = ["emqx:18083", "ftp://emqx", "http://u:s3cret@emqx", "http://emqx/?a"];
        let access = Access { urls: urls.map(str::to_owned).to_vec(), ..Access::default() };
        let text = access.urls(BaseUrl::absolute).unwrap_err().to_string();
        for field in ["urls[0]", "urls[1]", "urls[2]", "urls[3]"] {
            assert!(text.contains(field), "{field} not in {text}");
        }
        assert!(!text.contains("s3cret"), "{text}");
        assert!(text.contains("`emqx:18083`"), "what holds no secret is shown: {text}");
        assert!(Access::default().urls(BaseUrl::absolute).is_err());
    }
}
