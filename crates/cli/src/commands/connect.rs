//! From flags, files and variables to a connected cluster.

use crate::args::ConnectionArgs;
use crate::input;
use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, Secret, Timeouts, Tls};
use emqx_rebalance_core::{Error, ErrorKind, NodeName, Problem, Result};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Connects to the cluster that the arguments name.
///
/// # Errors
/// `config_invalid` if they name none or contradict each other, and as [`Cluster::connect`].
pub(crate) async fn connect(args: &ConnectionArgs) -> Result<Cluster> {
    Cluster::connect(config(args)?).await
}

/// What the arguments say of the cluster.
///
/// # Errors
/// `config_invalid` if they name none or contradict each other.
pub(crate) fn config(args: &ConnectionArgs) -> Result<ClusterConfig> {
    let urls: Vec<String> = args.urls.iter().filter(|url| !url.is_empty()).cloned().collect();
    if urls.is_empty() {
        let message = "no cluster is given: name one with --url or EMQX_URL, or try \
                       `emqx-rebalance demo`";
        return Err(Error::new(ErrorKind::ConfigInvalid, message));
    }
    Ok(ClusterConfig {
        urls,
        node_urls: node_urls(&args.node_urls)?,
        auth: auth(args)?,
        tls: Tls {
            ca_cert: args.ca_cert.clone(),
            client_cert: args.client_cert.clone(),
            client_key: args.client_key.clone(),
            ..Tls::default()
        },
        timeouts: timeouts(args.timeout),
        ..ClusterConfig::default()
    })
}

/// A start may take longer than a read: EMQX works up to 45 s on it, and its answer is on its way.
fn timeouts(seconds: u16) -> Timeouts {
    let request = Duration::from_secs(seconds.into());
    let connect = Timeouts::default().connect.min(request);
    Timeouts { connect, request, start: Timeouts::default().start.max(request) }
}

fn node_urls(pairs: &[String]) -> Result<BTreeMap<NodeName, String>> {
    let read = |pair: &String| {
        let bad = || {
            let bound = "a node and its URL, such as `emqx@10.0.0.1=http://10.0.0.1:18083`";
            // What comes after it may hold a password.
            let shown = pair.split(['=', ':']).next().unwrap_or_default();
            Error::invalid("options", vec![Problem::new("node-url", format!("{shown}…"), bound)])
        };
        let (node, url) = pair.split_once('=').ok_or_else(bad)?;
        Ok((NodeName::new(node).map_err(|_| bad())?, url.to_owned()))
    };
    pairs.iter().map(read).collect()
}

fn auth(args: &ConnectionArgs) -> Result<Auth> {
    let (key, username) = (given(args.api_key.as_ref()), given(args.username.as_ref()));
    if key.is_none() && args.api_secret_file.is_some() {
        return Err(bad("--api-secret-file needs --api-key or EMQX_API_KEY"));
    }
    if username.is_none() && args.password_file.is_some() {
        return Err(bad("--password-file needs --username or EMQX_USERNAME"));
    }
    match (key, username) {
        (None, None) => Ok(Auth::Anonymous),
        (Some(_), Some(_)) => {
            Err(bad("give an API key (--api-key or EMQX_API_KEY) or a user name \
                                       (--username or EMQX_USERNAME), not both"))
        }
        (Some(key), None) => Ok(Auth::ApiKey {
            key,
            secret: secret(
                args.api_secret_file.as_deref(),
                "EMQX_API_SECRET",
                "--api-secret-file",
            )?,
        }),
        (None, Some(username)) => Ok(Auth::Login {
            username,
            password: secret(args.password_file.as_deref(), "EMQX_PASSWORD", "--password-file")?,
        }),
    }
}

/// What was given: a variable that is empty is not.
fn given(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

fn bad(message: &str) -> Error {
    Error::new(ErrorKind::ConfigInvalid, message)
}

/// A secret of a file or else a variable: never of a flag, which every user of the machine can
/// read.
fn secret(file: Option<&Path>, variable: &str, flag: &str) -> Result<Secret> {
    if let Some(file) = file {
        return input::secret(file).map(Secret::new);
    }
    let found = std::env::var(variable).ok().filter(|secret| !secret.is_empty());
    found.map(Secret::new).ok_or_else(|| {
        let message = format!("the secret is missing: set {variable} or give {flag}");
        Error::new(ErrorKind::ConfigInvalid, message)
    })
}
