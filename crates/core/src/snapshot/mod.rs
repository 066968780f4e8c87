//! Each node's load at one time.

mod read;
#[cfg(feature = "typescript")]
mod typescript;

#[cfg(feature = "typescript")]
pub(crate) use typescript::SnapshotInput;

use crate::error::{Error, ErrorKind, Problem, Result};
use crate::node::NodeName;
use crate::number::float;
use crate::units::MAX_COUNT;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The load of every node of a cluster at one time, in EMQX's order.
///
/// Never empty, no node twice, every count at most 2^53 − 1, in all nodes together as well.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Snapshot {
    version: u32,
    nodes: Vec<NodeLoad>,
}

/// One node's load.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// EMQX's version, such as "5.8.8".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether the node takes part. Running if left out.
    pub status: NodeStatus,
    /// File descriptors that EMQX may open on it: about as many clients as it can ever hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_fds: Option<u64>,
    /// Share of the load this node should carry, against the others' weights. 1 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// When the counts were read, in milliseconds since 1970 where the reader has a clock. Absent if
    /// they never were: a node of status `unknown` then has counts of 0 that mean nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at_ms: Option<u64>,
    /// Who said so: the URL that answered. Absent if the counts were not read from a cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_from: Option<String>,
}

/// What a node does in its cluster.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
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
    /// It belongs to the cluster, and nobody says how it is: it hangs, or its network does. Neither
    /// down nor empty. Its counts are the last that were read, see [`NodeLoad::read_at_ms`].
    Unknown,
}

impl NodeStatus {
    /// Whether the node is up and counts in a balance: it serves clients, or gives some away in a rebalance.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Running | Self::Donor)
    }
}

impl NodeLoad {
    /// Its clients, if they are known now: what was last read of a node that does not answer is no
    /// count of today.
    pub fn known_connections(&self) -> Option<u64> {
        (self.status != NodeStatus::Unknown).then_some(self.connections)
    }

    /// Clients that fit under its limit of file descriptors: EMQX needs some for itself.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count is a count"
    )]
    pub(crate) fn most_clients(&self) -> Option<u64> {
        self.max_fds.map(|max_fds| (float(max_fds) * FD_SHARE) as u64)
    }

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
            read_at_ms: None,
            read_from: None,
        }
    }

    /// A node of which nothing is known but that it belongs to the cluster.
    pub fn unknown(node: NodeName) -> Self {
        Self { status: NodeStatus::Unknown, ..Self::new(node, 0) }
    }

    /// The weight, 1 if none was given.
    pub fn weight(&self) -> f64 {
        self.weight.unwrap_or(1.0)
    }
}

impl Snapshot {
    /// Checks `nodes`.
    ///
    /// ```
    /// use emqx_rebalance_core::{NodeLoad, NodeName, Snapshot};
    ///
    /// let node = |name: &str, clients| NodeLoad::new(NodeName::new(name).unwrap(), clients);
    /// let snapshot = Snapshot::new(vec![node("a@h", 900), node("b@h", 0)])?;
    /// assert_eq!(snapshot.connections(), 900);
    /// // No node twice.
    /// assert!(Snapshot::new(vec![node("a@h", 1), node("a@h", 1)]).is_err());
    /// # Ok::<(), emqx_rebalance_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `config_invalid` with every problem: no node, a node twice, a count over 2^53 − 1 in one node
    /// or in all together, a weight that is not a positive number.
    pub fn new(nodes: Vec<NodeLoad>) -> Result<Self> {
        let mut problems = Vec::new();
        if nodes.is_empty() {
            problems.push(Problem::new("nodes", "[]", AT_LEAST_ONE));
        }
        problems.extend(check(nodes.iter().enumerate()));
        if problems.is_empty() {
            Ok(Self { version: VERSION, nodes })
        } else {
            Err(Error::invalid("snapshot", problems))
        }
    }

    /// The same with other weights for some nodes.
    ///
    /// ```
    /// use emqx_rebalance_core::{NodeLoad, NodeName, Snapshot};
    ///
    /// let name = |name: &str| NodeName::new(name).unwrap();
    /// let snapshot = Snapshot::new(vec![NodeLoad::new(name("a@h"), 9), NodeLoad::new(name("b@h"), 9)])?;
    /// let weighted = snapshot.weighted(&[(name("a@h"), 2.0)].into())?;
    /// assert_eq!(weighted.node(&name("a@h")).map(NodeLoad::weight), Some(2.0));
    /// # Ok::<(), emqx_rebalance_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `unknown_node` if one is not here, `config_invalid` if a weight is no number more than 0.
    pub fn weighted(&self, weights: &BTreeMap<NodeName, f64>) -> Result<Self> {
        let mut nodes = self.nodes.clone();
        for (node, weight) in weights {
            let load = nodes.iter_mut().find(|load| load.node == *node).ok_or_else(|| {
                let message = "no such node in the snapshot";
                Error::new(ErrorKind::UnknownNode, message).with("node", node)
            })?;
            load.weight = Some(*weight);
        }
        Self::new(nodes)
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

    /// The nodes that are not known, which belong to the cluster all the same.
    pub fn unknown(&self) -> impl Iterator<Item = &NodeLoad> {
        self.nodes.iter().filter(|load| load.status == NodeStatus::Unknown)
    }

    /// Connected clients of every node that is known.
    pub fn connections(&self) -> u64 {
        let known = self.nodes.iter().filter(|load| load.status != NodeStatus::Unknown);
        known.map(|load| load.connections).fold(0, u64::saturating_add)
    }
}

/// What is wrong with nodes and with all of them together, each with its place in the list.
fn check<'a>(nodes: impl Iterator<Item = (usize, &'a NodeLoad)> + Clone) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (i, load) in nodes.clone() {
        if !seen.insert(&load.node) {
            problems.push(Problem::new(
                format!("nodes[{i}].node"),
                &load.node,
                "a node that is not in the list already",
            ));
        }
        load.check(i, &mut problems);
    }
    // One count that is too large is a problem of its own.
    let small = |count: &u64| *count <= MAX_COUNT;
    for (i, name) in COUNTS.into_iter().enumerate() {
        let counts = nodes.clone().filter_map(|(_, load)| load.counts().get(i).copied());
        let total: u128 = counts.filter(small).map(u128::from).sum();
        if total > MAX_COUNT.into() {
            let bound = format!("at most {MAX_COUNT} in all nodes together");
            problems.push(Problem::new(format!("nodes[*].{name}"), total, bound));
        }
    }
    problems
}

impl NodeLoad {
    /// The counts that [`COUNTS`] names.
    fn counts(&self) -> [u64; 3] {
        [self.connections, self.sessions, self.disconnected_sessions]
    }

    fn check(&self, i: usize, problems: &mut Vec<Problem>) {
        for (name, count) in COUNTS.into_iter().zip(self.counts()) {
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

/// Version of the JSON contract.
pub(crate) const VERSION: u32 = 1;

/// Reads the version of something that was stored. What a later release wrote may mean something else,
/// so it is not gone on with.
pub(crate) fn known_version<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<u32, D::Error> {
    let version = u32::deserialize(deserializer)?;
    if version == VERSION {
        return Ok(version);
    }
    let bound = format!("{VERSION}: another release of emqx-rebalance wrote this, go on with that");
    Err(D::Error::custom(Problem::new("version", version, bound)))
}

/// What is counted of a node.
const COUNTS: [&str; 3] = ["connections", "sessions", "disconnected_sessions"];

const AT_LEAST_ONE: &str = "a list of at least one node";

/// Share of a node's file descriptors that clients may take.
const FD_SHARE: f64 = 0.9;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Options;

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
            (r#"{"nodes":[{"node":"a","connections":-1}]}"#, "`nodes[0].connections` is `-1`"),
            (r#"{"nodes":[{"node":"a"},{"node":"b","sessions":1.5}]}"#, "`nodes[1].sessions`"),
            (r#"{"nodes":[{"connections":1}]}"#, "`nodes[0].node` is `absent`"),
            (r#"{"nodes":[{"node":null}]}"#, "`nodes[0].node` is `absent`"),
            (r#"{"nodes":[{"node":"a","role":"boss"}]}"#, "one of core, replicant"),
            (r#"{"nodes":[7]}"#, "`nodes[0]` is `7`"),
            (r#"{"nodes":{}}"#, "`nodes` is `an object`"),
            ("{}", "`nodes` is `absent`"),
            (r#"{"nodes":[{"node":"a","connections":9007199254740992}]}"#, "at most"),
            (r#"{"nodes":[{"node":"a","foo":1}]}"#, "`nodes[0].foo` is `1`"),
        ] {
            let found = error(json);
            assert!(found.contains(text), "{text} not in {found}");
        }
    }

    #[test]
    fn all_problems_of_all_nodes_are_named_at_once() {
        let json = r#"{"nodes":[{"node":"a","connections":-1,"status":"tired"},{"node":"a b"},
            {"node":"a","weight":0,"max_fds":"many"}],"foo":1}"#;
        let error = Snapshot::read(&mut serde_json::Deserializer::from_str(json)).unwrap_err();
        let fields: Vec<&str> = error.problems().iter().map(|p| p.field.as_str()).collect();
        let expected = [
            "nodes[0].connections",
            "nodes[0].status",
            "nodes[1].node",
            "nodes[2].max_fds",
            "nodes[2].node",
            "nodes[2].weight",
            "foo",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn the_nodes_together_hold_no_more_than_one_may() {
        let node = |i: usize| NodeLoad::new(NodeName::new(format!("n{i}")).unwrap(), MAX_COUNT);
        let error = Snapshot::new((0..2100).map(node).collect()).unwrap_err();
        let fields: Vec<&str> = error.problems().iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["nodes[*].connections", "nodes[*].sessions"]);
        assert_eq!(error.problems()[0].value, (2100 * u128::from(MAX_COUNT)).to_string());
        assert!(Snapshot::new(vec![node(0)]).is_ok());
    }

    #[test]
    fn what_may_be_left_out_may_be_null() {
        let json = r#"{"version":1,"nodes":[{"node":"a","connections":null,"sessions":3,"role":null,
            "version":"","status":null,"max_fds":null,"weight":null}]}"#;
        let snapshot: Snapshot = serde_json::from_str(json).unwrap();
        let node = &snapshot.nodes()[0];
        assert_eq!((node.connections, node.sessions, node.disconnected_sessions), (0, 3, 3));
        assert_eq!(node.version.as_deref(), Some(""));
    }
}
