//! What a simulated cluster is made of.

use crate::balancer::LoadBalancer;
use crate::drift::Drift;
use crate::faults::ScheduledFault;
use crate::personality::Release;
use crate::reconnect::{MAX_DELAY_MS, Reconnect};
use emqx_rebalance_core::{Error, MAX_COUNT, NodeName, Problem, Result, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// A cluster to simulate. Everything but the nodes has a default.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ClusterConfig {
    /// The cluster's name, as in EMQX's `cluster.name`. Default "emqxcl".
    #[serde(default = "cluster_name")]
    pub name: String,
    /// The nodes, 1 to 1000, in EMQX's order.
    pub nodes: Vec<NodeConfig>,
    /// The release of EMQX to behave like. Default 5.8.
    #[serde(default)]
    pub personality: Release,
    /// What stands between the clients and the nodes.
    #[serde(default)]
    pub load_balancer: LoadBalancer,
    /// How clients come back.
    #[serde(default)]
    pub reconnect: Reconnect,
    /// Clients that come and go by themselves. Default: nobody.
    #[serde(default, skip_serializing_if = "Drift::is_none")]
    pub drift: Drift,
    /// How long a node takes to boot.
    #[serde(default)]
    pub boot: Boot,
    /// Seed of all that is random. The same seed gives the same run. Default 1.
    #[serde(default = "seed")]
    pub seed: u64,
    /// Who may use the HTTP API.
    #[serde(default)]
    pub credentials: Credentials,
    /// EMQX's `dashboard.token_expired_time`, in seconds. Default 3600.
    #[serde(default = "token_ttl_s")]
    pub token_ttl_s: u32,
    /// EMQX's `dashboard.cors`: whether pages of other origins may use the HTTP API. Default off.
    #[serde(default)]
    pub cors: bool,
    /// The wall clock at time zero, in seconds since 1970, for the dates of API keys and for
    /// their expiry. Default 2026-01-01.
    #[serde(default = "epoch_s")]
    pub epoch_s: u64,
    /// Nodes of `nodes`, without clients, that do not exist at first: see
    /// [`crate::Fault::NodeAppeared`] and [`crate::Fault::NodeJoined`]. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub newcomers: Vec<NodeName>,
    /// Milliseconds that the nodes' calls take in one round of eviction: EMQX's rounds are a second
    /// and this apart. Default 0; up to 64 were seen on a busy machine.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round_ms: u64,
    /// Durable sessions in the whole cluster whose client is away. An evacuation takes them for its
    /// node's own and waits for ever until they are gone. Default 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub durable_sessions: u64,
    /// What breaks, and when. Default: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<ScheduledFault>,
}

/// One node.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// The node's name.
    pub name: NodeName,
    /// What it does in its cluster. Default core.
    #[serde(default = "core_role")]
    pub role: Role,
    /// Clients connected to it at time zero. Default 0.
    #[serde(default)]
    pub clients: u64,
    /// Sessions on it at time zero whose client stays away. Default 0.
    #[serde(default)]
    pub disconnected_sessions: u64,
}

/// How long a node takes from its restart to its return.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Boot {
    /// Milliseconds until it is in the cluster and its HTTP API answers. Default 3000.
    pub listens_after_ms: u64,
    /// Milliseconds until its rebalance application runs; until then that part of the API answers
    /// with 500. At least `listens_after_ms`, default 5000. Both were seen from 2.7 s up.
    pub serves_after_ms: u64,
}

impl Default for Boot {
    fn default() -> Self {
        Self { listens_after_ms: 3000, serves_after_ms: 5000 }
    }
}

/// Who may use the HTTP API.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(default, deny_unknown_fields)]
pub struct Credentials {
    /// An API key.
    pub api_key: String,
    /// Its secret.
    #[serde(skip_serializing)]
    pub api_secret: String,
    /// What the API key may be used for, in releases whose keys have scopes. Default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// A user of the dashboard, for `POST /login`.
    pub username: String,
    /// The user's password.
    #[serde(skip_serializing)]
    pub password: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            api_key: "emqx-rebalance".to_owned(),
            api_secret: "embedded-cluster".to_owned(),
            scopes: None,
            username: "admin".to_owned(),
            password: "public".to_owned(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("api_key", &self.api_key)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl ClusterConfig {
    /// Most nodes of a cluster.
    pub const MAX_NODES: usize = 1000;

    /// A cluster of `nodes` with every default.
    pub fn new(nodes: Vec<NodeConfig>) -> Self {
        Self {
            name: cluster_name(),
            nodes,
            personality: Release::default(),
            load_balancer: LoadBalancer::default(),
            reconnect: Reconnect::default(),
            drift: Drift::default(),
            boot: Boot::default(),
            seed: seed(),
            credentials: Credentials::default(),
            token_ttl_s: token_ttl_s(),
            cors: false,
            epoch_s: epoch_s(),
            newcomers: Vec::new(),
            round_ms: 0,
            durable_sessions: 0,
            faults: Vec::new(),
        }
    }

    /// A cluster of core nodes `emqx1@127.0.0.1`, `emqx2@127.0.0.1`, … with `clients` on each.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn with_clients(clients: &[u64]) -> Result<Self> {
        Self::check_size(clients.len())?;
        let node = |(i, clients): (usize, &u64)| {
            let name = NodeName::new(format!("emqx{}@127.0.0.1", i + 1))?;
            Ok(NodeConfig { name, role: Role::Core, clients: *clients, disconnected_sessions: 0 })
        };
        let nodes: Result<Vec<_>, Problem> = clients.iter().enumerate().map(node).collect();
        let config = Self::new(nodes.map_err(|problem| Error::invalid("cluster", vec![problem]))?);
        config.validate().map(|()| config)
    }

    /// Checks that there can be so many nodes, before they are made.
    ///
    /// # Errors
    /// `config_invalid` with the bound.
    pub fn check_size(nodes: usize) -> Result<()> {
        let problem = size_problem(nodes);
        problem.map_or(Ok(()), |problem| Err(Error::invalid("cluster", vec![problem])))
    }

    /// The clients on each of so many `nodes`: as given, or again and again 3333, 3334, 3333 and none.
    /// Default: four nodes.
    ///
    /// # Errors
    /// If there cannot be so many nodes, or there is not one count for each.
    pub fn counts(nodes: Option<usize>, clients: Option<Vec<u64>>) -> Result<Vec<u64>, Problem> {
        let size = nodes.or_else(|| clients.as_ref().map(Vec::len)).unwrap_or(COUNTS.len());
        if let Some(problem) = size_problem(size) {
            return Err(problem);
        }
        match clients {
            Some(clients) if clients.len() == size => Ok(clients),
            Some(clients) => {
                let bound = format!("one count for each of {size} nodes");
                Err(Problem::new("clients", format!("{} counts", clients.len()), bound))
            }
            None => Ok(COUNTS.iter().copied().cycle().take(size).collect()),
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// `config_invalid` with all problems.
    pub fn validate(&self) -> Result<()> {
        let mut problems: Vec<Problem> = size_problem(self.nodes.len()).into_iter().collect();
        let mut names = BTreeSet::new();
        for (i, node) in self.nodes.iter().enumerate() {
            if !names.insert(&node.name) {
                let bound = "a name that no other node has";
                problems.push(Problem::new(format!("nodes[{i}].name"), &node.name, bound));
            }
            node.check(i, &mut problems);
        }
        for (i, name) in self.newcomers.iter().enumerate() {
            let is_empty = |node: &NodeConfig| node.clients + node.disconnected_sessions == 0;
            if !self.nodes.iter().any(|node| node.name == *name && is_empty(node)) {
                let bound = "the name of a node of this cluster that has no clients";
                problems.push(Problem::new(format!("newcomers[{i}]"), name, bound));
            }
        }
        if self.round_ms > MAX_DELAY_MS {
            let bound = format!("at most {MAX_DELAY_MS}");
            problems.push(Problem::new("round_ms", self.round_ms, bound));
        }
        if self.durable_sessions > MAX_CLIENTS {
            let bound = format!("at most {MAX_CLIENTS}");
            problems.push(Problem::new("durable_sessions", self.durable_sessions, bound));
        }
        self.load_balancer.check(&mut problems);
        self.reconnect.check(&mut problems);
        self.drift.check(&mut problems);
        self.credentials.check(&mut problems);
        self.boot.check(&mut problems);
        for (i, fault) in self.faults.iter().enumerate() {
            fault.check(i, |name| self.has_node(name), &mut problems);
        }
        if self.token_ttl_s == 0 {
            problems.push(Problem::new("token_ttl_s", 0, "a whole number from 1"));
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::invalid("cluster", problems)) }
    }
}

fn size_problem(nodes: usize) -> Option<Problem> {
    let max = ClusterConfig::MAX_NODES;
    let problem = || Problem::new("nodes", nodes, format!("1 to {max} nodes"));
    (!(1..=max).contains(&nodes)).then(problem)
}

impl ClusterConfig {
    /// Whether it has a node of that name.
    pub(crate) fn has_node(&self, name: &NodeName) -> bool {
        self.nodes.iter().any(|node| node.name == *name)
    }
}

impl NodeConfig {
    fn check(&self, i: usize, problems: &mut Vec<Problem>) {
        for (name, count) in
            [("clients", self.clients), ("disconnected_sessions", self.disconnected_sessions)]
        {
            if count > MAX_CLIENTS {
                let bound = format!("at most {MAX_CLIENTS}");
                problems.push(Problem::new(format!("nodes[{i}].{name}"), count, bound));
            }
        }
    }
}

impl Boot {
    fn check(&self, problems: &mut Vec<Problem>) {
        if self.serves_after_ms < self.listens_after_ms {
            let bound = format!("at least `boot.listens_after_ms`, {}", self.listens_after_ms);
            problems.push(Problem::new("boot.serves_after_ms", self.serves_after_ms, bound));
        }
    }
}

impl Credentials {
    fn check(&self, problems: &mut Vec<Problem>) {
        for (name, value) in [
            ("api_key", &self.api_key),
            ("api_secret", &self.api_secret),
            ("username", &self.username),
            ("password", &self.password),
        ] {
            if value.is_empty() || value.contains(':') && name == "api_key" {
                let field = format!("credentials.{name}");
                problems.push(Problem::new(field, "", "text, an API key without `:`"));
            }
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn cluster_name() -> String {
    "emqxcl".to_owned()
}

fn core_role() -> Role {
    Role::Core
}

fn seed() -> u64 {
    1
}

fn token_ttl_s() -> u32 {
    3600
}

fn epoch_s() -> u64 {
    1_767_225_600
}

/// Three full nodes and an empty one.
const COUNTS: [u64; 4] = [3333, 3334, 3333, 0];
/// So that the sum over all nodes is still a whole number in JSON.
const MAX_CLIENTS: u64 = MAX_COUNT / ClusterConfig::MAX_NODES as u64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_named_at_once() {
        let config: ClusterConfig = serde_json::from_str(
            r#"{"nodes":[{"name":"a@b"},{"name":"a@b"}],"reconnect":{"min_ms":9,"max_ms":8,"retry_ms":0},
               "load_balancer":{"fall":0},"token_ttl_s":0}"#,
        )
        .unwrap();
        let text = config.validate().unwrap_err().to_string();
        for field in [
            "nodes[1].name",
            "reconnect.max_ms",
            "reconnect.retry_ms",
            "load_balancer.fall",
            "token_ttl_s",
        ] {
            assert!(text.contains(field), "{field} not in {text}");
        }
    }

    #[test]
    fn newcomers_are_nodes_without_clients() {
        let mut config = ClusterConfig::with_clients(&[1, 0]).unwrap();
        config.newcomers = vec![config.nodes[1].name.clone()];
        config.validate().unwrap();
        let nobody = NodeName::new("nosuch@127.0.0.1").unwrap();
        config.newcomers = vec![config.nodes[0].name.clone(), nobody];
        let text = config.validate().unwrap_err().to_string();
        assert!(text.contains("newcomers[0]") && text.contains("newcomers[1]"), "{text}");
    }

    #[test]
    fn nodes_are_counted_before_they_are_made() {
        let max = ClusterConfig::MAX_NODES;
        for count in [0, max + 1, usize::MAX] {
            let error = ClusterConfig::check_size(count).unwrap_err();
            assert!(error.to_string().contains("1 to 1000"), "{error}");
        }
        assert!(ClusterConfig::check_size(max).is_ok());
        assert!(ClusterConfig::with_clients(&vec![0; max + 1]).is_err());
    }

    #[test]
    fn counts_are_as_many_as_nodes() {
        let counts = ClusterConfig::counts;
        assert_eq!(counts(None, None), Ok(vec![3333, 3334, 3333, 0]));
        assert_eq!(counts(Some(5), None), Ok(vec![3333, 3334, 3333, 0, 3333]));
        assert_eq!(counts(None, Some(vec![7, 0])), Ok(vec![7, 0]));
        assert_eq!(counts(Some(3), Some(vec![1])).unwrap_err().field, "clients");
        for nodes in [0, usize::MAX] {
            assert_eq!(counts(Some(nodes), None).unwrap_err().field, "nodes");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let config = ClusterConfig::with_clients(&[1]).unwrap();
        let secret = config.credentials.api_secret.clone();
        assert!(!format!("{config:?}").contains(&secret));
        assert!(!serde_json::to_string(&config).unwrap().contains(&secret));
    }
}
