//! Each node's load at one time.

use crate::error::{Error, Problem, Result};
use crate::node::NodeName;
use crate::units::MAX_COUNT;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The load of every node of a cluster at one time, in EMQX's order.
///
/// Never empty, no node twice, every count at most 2^53 − 1.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(try_from = "SnapshotInput")]
pub struct Snapshot {
    version: u32,
    nodes: Vec<NodeLoad>,
}

/// One node's load.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(from = "NodeLoadInput")]
pub struct NodeLoad {
    /// The node's name.
    pub node: NodeName,
    /// Connected clients: EMQX's `live_connections`, the only count its rebalancing looks at.
    pub connections: u64,
    /// Sessions, with a connected client or without. At least `connections` on a healthy node.
    pub sessions: u64,
    /// Sessions whose client is away.
    pub disconnected_sessions: u64,
    /// What the node does in its cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// EMQX's version, such as "5.8.8".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether the node takes part. Running if left out.
    #[serde(default)]
    pub status: NodeStatus,
    /// File descriptors that EMQX may open on it: about as many clients as it can ever hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_fds: Option<u64>,
    /// Share of the load this node should carry, against the others' weights. 1 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

/// What a node does in its cluster.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Holds the cluster's database.
    Core,
    /// Follows the cores; in such clusters it carries the clients.
    Replicant,
}

/// Whether a node takes part.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    /// It serves clients.
    #[default]
    Running,
    /// It is down, or left the cluster. Its counts are 0.
    Stopped,
    /// It is being emptied by an evacuation.
    Evacuating,
    /// It loses clients in a rebalance that is running.
    Donor,
}

impl NodeLoad {
    /// A running node with `connections` clients, each with a session, and no other session.
    pub fn new(node: NodeName, connections: u64) -> Self {
        Self {
            node,
            connections,
            sessions: connections,
            disconnected_sessions: 0,
            role: None,
            version: None,
            status: NodeStatus::Running,
            max_fds: None,
            weight: None,
        }
    }

    /// The weight, 1 if none was given.
    pub fn weight(&self) -> f64 {
        self.weight.unwrap_or(1.0)
    }
}

impl Snapshot {
    /// Checks `nodes`.
    ///
    /// # Errors
    /// `config_invalid` with every problem: no node, a node twice, a count over 2^53 − 1, a weight
    /// that is not a positive number.
    pub fn new(nodes: Vec<NodeLoad>) -> Result<Self> {
        let mut problems = Vec::new();
        if nodes.is_empty() {
            problems.push(Problem::new("nodes", "[]", "a list of at least one node"));
        }
        let mut seen = BTreeSet::new();
        for (i, load) in nodes.iter().enumerate() {
            if !seen.insert(&load.node) {
                problems.push(Problem::new(
                    format!("nodes[{i}].node"),
                    &load.node,
                    "a node that is not in the list already",
                ));
            }
            load.check(i, &mut problems);
        }
        if problems.is_empty() {
            Ok(Self { version: VERSION, nodes })
        } else {
            Err(Error::invalid("snapshot", problems))
        }
    }

    /// The nodes, in EMQX's order.
    pub fn nodes(&self) -> &[NodeLoad] {
        &self.nodes
    }

    /// The load of `node`.
    pub fn node(&self, node: &NodeName) -> Option<&NodeLoad> {
        self.nodes.iter().find(|load| load.node == *node)
    }

    /// The nodes that serve clients.
    pub fn running(&self) -> impl Iterator<Item = &NodeLoad> {
        self.nodes.iter().filter(|load| load.status == NodeStatus::Running)
    }

    /// Connected clients of the whole cluster.
    pub fn connections(&self) -> u64 {
        self.nodes.iter().map(|load| load.connections).fold(0, u64::saturating_add)
    }
}

impl NodeLoad {
    fn check(&self, i: usize, problems: &mut Vec<Problem>) {
        for (name, count) in [
            ("connections", self.connections),
            ("sessions", self.sessions),
            ("disconnected_sessions", self.disconnected_sessions),
        ] {
            if count > MAX_COUNT {
                let bound = format!("at most {MAX_COUNT}");
                problems.push(Problem::new(format!("nodes[{i}].{name}"), count, bound));
            }
        }
        if let Some(weight) = self.weight
            && !(weight.is_finite() && weight > 0.0)
        {
            let field = format!("nodes[{i}].weight");
            problems.push(Problem::new(field, weight, "a number more than 0"));
        }
    }
}

#[derive(Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(deny_unknown_fields)]
pub(crate) struct SnapshotInput {
    #[serde(default = "version")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<u32>"))]
    version: u32,
    #[cfg_attr(feature = "typescript", ts(as = "Vec<NodeLoadInput>"))]
    nodes: Vec<NodeLoad>,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(deny_unknown_fields)]
struct NodeLoadInput {
    node: NodeName,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<u64>"))]
    connections: u64,
    sessions: Option<u64>,
    disconnected_sessions: Option<u64>,
    role: Option<Role>,
    version: Option<String>,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<NodeStatus>"))]
    status: NodeStatus,
    max_fds: Option<u64>,
    weight: Option<f64>,
}

impl TryFrom<SnapshotInput> for Snapshot {
    type Error = Error;

    fn try_from(input: SnapshotInput) -> Result<Self> {
        if input.version != VERSION {
            let problem = Problem::new("version", input.version, format!("{VERSION}"));
            return Err(Error::invalid("snapshot", vec![problem]));
        }
        Self::new(input.nodes)
    }
}

impl From<NodeLoadInput> for NodeLoad {
    fn from(input: NodeLoadInput) -> Self {
        let NodeLoadInput {
            node,
            connections,
            sessions,
            disconnected_sessions,
            role,
            version,
            status,
            max_fds,
            weight,
        } = input;
        let disconnected_sessions = disconnected_sessions
            .unwrap_or_else(|| sessions.unwrap_or(connections).saturating_sub(connections));
        let sessions =
            sessions.unwrap_or_else(|| connections.saturating_add(disconnected_sessions));
        Self {
            node,
            connections,
            sessions,
            disconnected_sessions,
            role,
            version,
            status,
            max_fds,
            weight,
        }
    }
}

fn version() -> u32 {
    VERSION
}

/// Version of the JSON contract.
pub(crate) const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        serde_json::from_str::<Snapshot>(json).unwrap_err().to_string()
    }

    #[test]
    fn sessions_default_to_one_for_each_client() {
        let snapshot: Snapshot =
            serde_json::from_str(r#"{"version":1,"nodes":[{"node":"a@b","connections":7}]}"#)
                .unwrap();
        assert_eq!(snapshot.nodes()[0].sessions, 7);
        assert_eq!(snapshot.nodes()[0].disconnected_sessions, 0);
    }

    #[test]
    fn bad_snapshots_name_the_field() {
        for (json, text) in [
            (r#"{"nodes":[]}"#, "`nodes` is `[]`"),
            (r#"{"version":2,"nodes":[{"node":"a"}]}"#, "`version` is `2`"),
            (r#"{"nodes":[{"node":"a"},{"node":"a"}]}"#, "`nodes[1].node` is `a`"),
            (r#"{"nodes":[{"node":"a","weight":-1}]}"#, "`nodes[0].weight` is `-1`"),
            (r#"{"nodes":[{"node":"a","connections":-1}]}"#, "invalid value: integer `-1`"),
            (r#"{"nodes":[{"node":"a","connections":9007199254740992}]}"#, "at most"),
            (r#"{"nodes":[{"node":"a","foo":1}]}"#, "unknown field `foo`"),
        ] {
            let found = error(json);
            assert!(found.contains(text), "{text} not in {found}");
        }
    }
}
