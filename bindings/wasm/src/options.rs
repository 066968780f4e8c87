//! Where a cluster is and who asks, as a page says it.

use emqx_rebalance_api::Secret;
use emqx_rebalance_core::NodeName;
use emqx_rebalance_exchange::{Access, Auth, Timeouts};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The members of the JavaScript `ClusterOptions` that concern Rust.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClusterOptions {
    urls: Vec<String>,
    #[serde(default)]
    node_urls: BTreeMap<NodeName, String>,
    find_nodes: Option<bool>,
    auth: Option<Credentials>,
    request_timeout_ms: Option<u32>,
    start_timeout_ms: Option<u32>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a key and its secret, a token, or a user name and password")]
enum Credentials {
    ApiKey { key: String, secret: String },
    Token { token: String },
    Login { username: String, password: String },
}

impl From<ClusterOptions> for Access {
    fn from(options: ClusterOptions) -> Self {
        let default = Timeouts::default();
        let wait = |ms: Option<u32>| ms.map(|ms| Duration::from_millis(ms.into()));
        Self {
            urls: options.urls,
            node_urls: options.node_urls,
            find_nodes: options.find_nodes.unwrap_or(true),
            auth: options.auth.map_or(Auth::Anonymous, Auth::from),
            timeouts: Timeouts {
                request: wait(options.request_timeout_ms).unwrap_or(default.request),
                start: wait(options.start_timeout_ms).unwrap_or(default.start),
                ..default
            },
        }
    }
}

impl From<Credentials> for Auth {
    fn from(credentials: Credentials) -> Self {
        match credentials {
            Credentials::ApiKey { key, secret } => {
                Self::ApiKey { key, secret: Secret::new(secret) }
            }
            Credentials::Token { token } => Self::Token(Secret::new(token)),
            Credentials::Login { username, password } => {
                Self::Login { username, password: Secret::new(password) }
            }
        }
    }
}
