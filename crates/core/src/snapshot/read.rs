//! Reads snapshots that people wrote: every problem at once, with the node it is in.

use super::{AT_LEAST_ONE, NodeLoad, NodeStatus, Role, Snapshot, VERSION, check};
use crate::input::{Fields, FromFields, Options};
use crate::node::NodeName;
use serde::{Deserialize, Deserializer};

/// What is written of a snapshot.
#[cfg(feature = "typescript")]
#[derive(ts_rs::TS)]
#[ts(optional_fields)]
#[expect(dead_code, reason = "the type is for TypeScript; `Snapshot` reads it field by field")]
pub(crate) struct SnapshotInput {
    #[ts(as = "Option<u32>")]
    version: u32,
    nodes: Vec<NodeLoadInput>,
}

/// What is written of a node: any but its name may be left out.
#[derive(Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(deny_unknown_fields)]
pub(super) struct NodeLoadInput {
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

impl FromFields for Snapshot {
    const WHAT: &'static str = "snapshot";
    const OPTIONS: &'static [&'static str] = &["version", "nodes"];

    fn take(fields: &mut Fields) -> Self {
        _ = fields.whole("version", VERSION, VERSION);
        let mut nodes = Vec::new();
        for (i, mut node) in fields.objects("nodes", AT_LEAST_ONE) {
            nodes.extend(NodeLoadInput::take(&mut node).map(|input| (i, NodeLoad::from(input))));
            fields.merge_at(&format!("nodes[{i}]"), node, NodeLoadInput::FIELDS);
        }
        fields.add_problems(&check(nodes.iter().map(|(i, load)| (*i, load))));
        Self { version: VERSION, nodes: nodes.into_iter().map(|(_, load)| load).collect() }
    }
}

impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map_err(serde::de::Error::custom)
    }
}

impl NodeLoadInput {
    const FIELDS: &'static [&'static str] = &[
        "node",
        "connections",
        "sessions",
        "disconnected_sessions",
        "role",
        "version",
        "status",
        "max_fds",
        "weight",
    ];

    /// A node without a good name is none, but its other problems count.
    fn take(fields: &mut Fields) -> Option<Self> {
        let node = fields.needed_node("node");
        let connections = fields.count("connections").unwrap_or_default();
        let sessions = fields.count("sessions");
        let disconnected_sessions = fields.count("disconnected_sessions");
        let role = fields.word("role", &[("core", Role::Core), ("replicant", Role::Replicant)]);
        let version = fields.text("version", 0..=MAX_VERSION);
        let status = fields.word("status", &NodeStatus::WORDS).unwrap_or_default();
        let max_fds = fields.count("max_fds");
        let weight = fields.number("weight", "a number more than 0", |_| true);
        let node = node?;
        Some(Self {
            node,
            connections,
            sessions,
            disconnected_sessions,
            role,
            version,
            status,
            max_fds,
            weight,
        })
    }
}

impl NodeStatus {
    /// Their words.
    const WORDS: [(&str, Self); 4] = [
        ("running", Self::Running),
        ("stopped", Self::Stopped),
        ("evacuating", Self::Evacuating),
        ("donor", Self::Donor),
    ];
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

/// Bytes of a version, far more than any has.
const MAX_VERSION: usize = 1024;
