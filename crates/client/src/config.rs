//! Where a cluster is, who asks, and how patiently.

use emqx_rebalance_core::NodeName;
use emqx_rebalance_exchange::{Access, Auth, Timeouts};
use std::collections::BTreeMap;
use std::path::PathBuf;

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

impl ClusterConfig {
    /// A cluster behind `url`, asked by nobody in particular.
    pub fn new(url: impl Into<String>) -> Self {
        Self { urls: vec![url.into()], ..Self::default() }
    }

    /// Without what only a client with sockets of its own cares for.
    pub(crate) fn access(self) -> Access {
        let Self { urls, node_urls, auth, tls: _, timeouts } = self;
        Access { urls, node_urls, auth, timeouts, ..Access::default() }
    }
}
