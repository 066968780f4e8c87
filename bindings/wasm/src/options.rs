//! Where a cluster is and who asks, as a page says it.

use crate::given::Given;
use emqx_rebalance_api::Secret;
use emqx_rebalance_core::{NodeName, Problem, Result};
use emqx_rebalance_exchange::sansio::Cluster;
use emqx_rebalance_exchange::{Access, Auth as Asker, Timeouts};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Where a cluster is, who asks, and how patiently. One of `url` and `urls` is needed.
#[derive(Debug)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "typescript", ts(rename_all = "camelCase", optional_fields))]
pub struct AccessOptions {
    /// Base URL of the API of a node or a load balancer. May be a path alone.
    url: Option<String>,
    /// The same of several nodes: another is asked when one does not answer.
    urls: Option<Vec<String>>,
    /// Base URLs of single nodes by name, for what only a node itself can answer.
    node_urls: Option<BTreeMap<NodeName, String>>,
    /// Whether other nodes are looked for at their own host. Default true.
    find_nodes: Option<bool>,
    /// Who asks. Left out if `fetch` adds it, or a proxy.
    auth: Option<Auth>,
    /// Milliseconds for the answer to a read or a stop, from 1 to a day. Default 50,000.
    request_timeout: Option<u32>,
    /// Milliseconds for the answer to a start, from 1 to a day. Default 60,000.
    start_timeout: Option<u32>,
}

/// Who asks: an API key, the token of a login, or a dashboard user.
#[derive(Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(untagged, deny_unknown_fields)]
pub enum Auth {
    /// An API key.
    ApiKey {
        /// The key.
        key: String,
        /// Its secret.
        secret: String,
    },
    /// The token of a login that was made elsewhere.
    Token {
        /// The token.
        token: String,
    },
    /// A dashboard user.
    Login {
        /// The user's name.
        username: String,
        /// The password.
        password: String,
    },
}

/// A cluster as the options in `text` say.
///
/// # Errors
/// `config_invalid` with every problem at once, under JavaScript's names. Shows no secret.
pub(crate) fn cluster(text: &str) -> Result<Cluster> {
    let mut given = Given::read(text)?;
    let options = AccessOptions::take(&mut given);
    given.end(&OPTIONS);
    let has_url = options.url.is_some();
    let has_bad_url = given.has_problem("url") || given.has_problem("urls");
    let cluster = Cluster::new(options.into()).map_err(|error| {
        // What could not be read is not missing.
        let problems = error.problems().iter().filter(|it| !(has_bad_url && it.field == "urls"));
        for Problem { field, value, bound } in problems {
            given.problem(&named(field, has_url), value, bound);
        }
    });
    given.finish(cluster.ok())
}

impl AccessOptions {
    fn take(given: &mut Given) -> Self {
        Self {
            url: given.take("url", URL),
            urls: given.take("urls", "a list of URLs of EMQX's API"),
            node_urls: given.take("nodeUrls", "URLs by node name such as `emqx@10.0.0.1`"),
            find_nodes: given.take("findNodes", "true or false"),
            auth: given.take_secret("auth", AUTH),
            request_timeout: given.take_if("requestTimeout", TIMEOUT, is_timeout),
            start_timeout: given.take_if("startTimeout", TIMEOUT, is_timeout),
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").finish_non_exhaustive()
    }
}

impl From<AccessOptions> for Access {
    fn from(options: AccessOptions) -> Self {
        let default = Timeouts::default();
        let wait = |ms: Option<u32>| ms.map(|ms| Duration::from_millis(ms.into()));
        Self {
            urls: options.url.into_iter().chain(options.urls.unwrap_or_default()).collect(),
            node_urls: options.node_urls.unwrap_or_default(),
            find_nodes: options.find_nodes.unwrap_or(true),
            auth: options.auth.map_or(Asker::Anonymous, Asker::from),
            timeouts: Timeouts {
                request: wait(options.request_timeout).unwrap_or(default.request),
                start: wait(options.start_timeout).unwrap_or(default.start),
                ..default
            },
        }
    }
}

impl From<Auth> for Asker {
    fn from(auth: Auth) -> Self {
        match auth {
            Auth::ApiKey { key, secret } => Self::ApiKey { key, secret: Secret::new(secret) },
            Auth::Token { token } => Self::Token(Secret::new(token)),
            Auth::Login { username, password } => {
                Self::Login { username, password: Secret::new(password) }
            }
        }
    }
}

/// JavaScript's name for a field of [`Access`], whose `urls` begin with `url`.
fn named(field: &str, has_url: bool) -> String {
    if let Some(node) = field.strip_prefix("node_urls") {
        return format!("nodeUrls{node}");
    }
    let place = field.strip_prefix("urls[").and_then(|rest| rest.strip_suffix(']'));
    match place.and_then(|place| place.parse::<usize>().ok()).filter(|_| has_url) {
        Some(0) => "url".to_owned(),
        Some(place) => format!("urls[{}]", place - 1),
        None => field.to_owned(),
    }
}

fn is_timeout(ms: &u32) -> bool {
    (1..=DAY_MS).contains(ms)
}

const OPTIONS: [&str; 7] =
    ["url", "urls", "nodeUrls", "findNodes", "auth", "requestTimeout", "startTimeout"];
const URL: &str = "a URL of EMQX's API, or its path";
const AUTH: &str = "{ key, secret }, { token }, or { username, password }, each a text";
const TIMEOUT: &str = "a whole number of milliseconds from 1 to 86400000";
const DAY_MS: u32 = 86_400_000;
