//! Where a cluster is and who asks, as TypeScript has it: `Access::read` of the exchange reads it.

use std::collections::BTreeMap;
use ts_rs::TS;

/// Where a cluster is, who asks, and how patiently. One of `url` and `urls` is needed.
#[derive(TS)]
#[ts(rename_all = "camelCase", optional_fields)]
#[expect(dead_code, reason = "its fields are read by TypeScript alone")]
pub(crate) struct AccessOptions {
    /// Base URL of the API of a node or a load balancer. May be a path alone.
    url: Option<String>,
    /// The same of several nodes: another is asked when one does not answer.
    urls: Option<Vec<String>>,
    /// Base URLs of single nodes by name, for what only a node itself can answer.
    node_urls: Option<BTreeMap<String, String>>,
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
#[derive(TS)]
#[ts(untagged)]
#[expect(dead_code, reason = "its fields are read by TypeScript alone")]
pub(crate) enum Auth {
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
