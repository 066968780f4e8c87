//! Where a cluster is, who asks, and how patiently, as the package says it.

use emqx_rebalance_client::{ClusterConfig, Secret, Tls};
use emqx_rebalance_core::{Error, NodeName, Problem, Result};
use emqx_rebalance_exchange::{Access, Auth, Timeouts};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The arguments of a cluster as JSON.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessInput {
    urls: Vec<String>,
    #[serde(default)]
    node_urls: BTreeMap<NodeName, String>,
    #[serde(default = "yes")]
    find_nodes: bool,
    api_key: Option<String>,
    api_secret: Option<String>,
    username: Option<String>,
    password: Option<String>,
    token: Option<String>,
    ca_cert: Option<PathBuf>,
    client_cert: Option<PathBuf>,
    client_key: Option<PathBuf>,
    connect_timeout_s: Option<f64>,
    request_timeout_s: Option<f64>,
    start_timeout_s: Option<f64>,
}

impl AccessInput {
    fn timeouts(&self) -> Result<Timeouts> {
        let default = Timeouts::default();
        Ok(Timeouts {
            connect: seconds("connect_timeout", self.connect_timeout_s, default.connect)?,
            request: seconds("request_timeout", self.request_timeout_s, default.request)?,
            start: seconds("start_timeout", self.start_timeout_s, default.start)?,
        })
    }

    /// Who asks. The package lets through one way alone.
    fn auth(&self) -> Auth {
        let secret = |text: &Option<String>| Secret::new(text.clone().unwrap_or_default());
        match (&self.api_key, &self.username, &self.token) {
            (Some(key), _, _) => {
                Auth::ApiKey { key: key.clone(), secret: secret(&self.api_secret) }
            }
            (None, Some(username), _) => {
                Auth::Login { username: username.clone(), password: secret(&self.password) }
            }
            (None, None, Some(_)) => Auth::Token(secret(&self.token)),
            (None, None, None) => Auth::Anonymous,
        }
    }
}

impl TryFrom<AccessInput> for Access {
    type Error = Error;

    fn try_from(input: AccessInput) -> Result<Self> {
        let (auth, timeouts) = (input.auth(), input.timeouts()?);
        let AccessInput { urls, node_urls, find_nodes, .. } = input;
        Ok(Self { urls, node_urls, find_nodes, auth, timeouts })
    }
}

impl TryFrom<AccessInput> for ClusterConfig {
    type Error = Error;

    fn try_from(input: AccessInput) -> Result<Self> {
        let (auth, timeouts) = (input.auth(), input.timeouts()?);
        let AccessInput { urls, node_urls, ca_cert, client_cert, client_key, .. } = input;
        let tls = Tls { ca_cert, client_cert, client_key };
        Ok(Self { urls, node_urls, auth, tls, timeouts })
    }
}

fn yes() -> bool {
    true
}

fn seconds(name: &str, given: Option<f64>, default: Duration) -> Result<Duration> {
    let Some(seconds) = given else { return Ok(default) };
    let good = Duration::try_from_secs_f64(seconds).ok().filter(|t| !t.is_zero() && *t <= DAY);
    good.ok_or_else(|| {
        let problem = Problem::new(name, seconds, "a number of seconds above 0, up to 86400");
        Error::invalid("cluster", vec![problem])
    })
}

const DAY: Duration = Duration::from_secs(86_400);
