//! Which cluster, who asks, and how patiently: from a Lua table, files and the environment.

use emqx_rebalance_api::Secret;
use emqx_rebalance_core::{Error, NodeName, Problem, Result};
use emqx_rebalance_exchange::{Access, Auth, Timeouts};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The table that `rebalance.cluster` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigInput {
    url: Option<String>,
    #[serde(default)]
    urls: Vec<String>,
    #[serde(default)]
    node_urls: BTreeMap<NodeName, String>,
    find_nodes: Option<bool>,
    api_key: Option<String>,
    #[serde(default, deserialize_with = "unseen")]
    api_secret: Option<String>,
    api_secret_file: Option<PathBuf>,
    username: Option<String>,
    #[serde(default, deserialize_with = "unseen")]
    password: Option<String>,
    password_file: Option<PathBuf>,
    ca_cert: Option<PathBuf>,
    client_cert: Option<PathBuf>,
    client_key: Option<PathBuf>,
    connect_timeout_s: Option<f64>,
    request_timeout_s: Option<f64>,
    start_timeout_s: Option<f64>,
}

/// What was read.
pub(crate) struct Config {
    pub(crate) access: Access,
    pub(crate) ca_cert: Option<PathBuf>,
    pub(crate) client_cert: Option<PathBuf>,
    pub(crate) client_key: Option<PathBuf>,
}

impl TryFrom<ConfigInput> for Config {
    type Error = Error;

    fn try_from(input: ConfigInput) -> Result<Self> {
        let default = Timeouts::default();
        let timeouts = Timeouts {
            connect: seconds("connect_timeout_s", input.connect_timeout_s, default.connect)?,
            request: seconds("request_timeout_s", input.request_timeout_s, default.request)?,
            start: seconds("start_timeout_s", input.start_timeout_s, default.start)?,
        };
        let auth = input.auth()?;
        let urls = urls(input.url, input.urls);
        let find_nodes = input.find_nodes.unwrap_or(true);
        let access = Access { urls, node_urls: input.node_urls, find_nodes, auth, timeouts };
        Ok(Self {
            access,
            ca_cert: input.ca_cert,
            client_cert: input.client_cert,
            client_key: input.client_key,
        })
    }
}

/// Reads a secret, and shows nothing of what is no secret either.
fn unseen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let bad = |_| serde::de::Error::custom("not a string");
    Option::deserialize(deserializer).map_err(bad)
}

impl ConfigInput {
    fn auth(&self) -> Result<Auth> {
        let is_anonymous = self.api_key.is_none() && self.username.is_none();
        let named = |given: &Option<String>, name| {
            given.clone().or_else(|| is_anonymous.then(|| variable(name)).flatten())
        };
        let key = named(&self.api_key, "EMQX_API_KEY");
        let username = named(&self.username, "EMQX_USERNAME");
        match (key, username) {
            (None, None) => Ok(Auth::Anonymous),
            (Some(key), None) => {
                let given = (&self.api_secret, &self.api_secret_file);
                Ok(Auth::ApiKey { key, secret: secret("api_secret", "EMQX_API_SECRET", given)? })
            }
            (None, Some(username)) => {
                let given = (&self.password, &self.password_file);
                Ok(Auth::Login { username, password: secret("password", "EMQX_PASSWORD", given)? })
            }
            (Some(_), Some(username)) => {
                Err(bad("username", username, "left out where there is an api_key"))
            }
        }
    }
}

/// The URLs that were given, or else those of the environment.
fn urls(url: Option<String>, urls: Vec<String>) -> Vec<String> {
    let given: Vec<String> = url.into_iter().chain(urls).collect();
    if !given.is_empty() {
        return given;
    }
    let list = variable("EMQX_URL").unwrap_or_default();
    list.split(',').map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned).collect()
}

/// A secret as given, or of a file, or of the environment.
fn secret(
    field: &str,
    name: &str,
    (given, file): (&Option<String>, &Option<PathBuf>),
) -> Result<Secret> {
    match (given, file) {
        (Some(secret), None) => Ok(Secret::new(secret)),
        (None, Some(file)) => secret_of(field, file),
        (Some(_), Some(_)) => Err(bad(
            &format!("{field}_file"),
            "given too",
            format!("left out where there is {field}"),
        )),
        (None, None) => variable(name).map(Secret::new).ok_or_else(|| {
            bad(field, "absent", format!("given, or in the file {field}_file, or in {name}"))
        }),
    }
}

/// The secret in `file`, without the line end that editors add.
fn secret_of(field: &str, file: &Path) -> Result<Secret> {
    let cannot = |why: &str| {
        bad(&format!("{field}_file"), file.display(), format!("a file with the secret: {why}"))
    };
    let text = fs::read_to_string(file).map_err(|error| cannot(&error.to_string()))?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() { Err(cannot("it is empty")) } else { Ok(Secret::new(secret)) }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn seconds(field: &str, given: Option<f64>, default: Duration) -> Result<Duration> {
    let Some(seconds) = given else { return Ok(default) };
    let good = Duration::try_from_secs_f64(seconds).ok().filter(|t| !t.is_zero() && *t <= DAY);
    good.ok_or_else(|| bad(field, seconds, "a number of seconds above 0, up to 86400"))
}

fn bad(field: &str, value: impl std::fmt::Display, bound: impl Into<String>) -> Error {
    Error::invalid("cluster", vec![Problem::new(field, value, bound)])
}

const DAY: Duration = Duration::from_secs(86_400);
