//! Reads snapshots that people wrote: every problem at once, with the node it is in.

use super::{AT_LEAST_ONE, NodeLoad, NodeStatus, Role, Snapshot, VERSION, check};
use crate::error::{Error, Problem, Result};
use crate::input::{ABSENT, Fields, FromFields, Options};
use serde::de::{Deserialize, Deserializer, Error as _};

impl FromFields for Snapshot {
    const WHAT: &'static str = "snapshot";
    const OPTIONS: &'static [&'static str] = &["version", "nodes"];

    fn take(fields: &mut Fields) -> Self {
        _ = fields.whole("version", VERSION, VERSION);
        let mut nodes = Vec::new();
        for (i, mut node) in fields.objects("nodes", AT_LEAST_ONE) {
            nodes.extend(NodeLoad::take(&mut node).map(|load| (i, load)));
            fields.merge_at(&format!("nodes[{i}]"), node, NodeLoad::FIELDS);
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

impl<'de> Deserialize<'de> for NodeLoad {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map_err(D::Error::custom)
    }
}

impl NodeLoad {
    /// Reads one node's load.
    ///
    /// # Errors
    /// `config_invalid` with every problem at once: field, value and bound.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self> {
        let mut fields = Fields::read(deserializer, "node")?;
        let load = Self::take(&mut fields);
        fields.finish("node", Self::FIELDS)?;
        let missing = || Problem::new("node", ABSENT, "given");
        load.ok_or_else(|| Error::invalid("node", vec![missing()]))
    }

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
        "read_at_ms",
        "read_from",
    ];

    /// A node without a good name is none, but its other problems count.
    fn take(fields: &mut Fields) -> Option<Self> {
        let node = fields.needed_node("node");
        let connections = fields.count("connections").unwrap_or_default();
        let sessions = fields.count("sessions");
        let without_client = || sessions.unwrap_or(connections).saturating_sub(connections);
        let disconnected_sessions =
            fields.count("disconnected_sessions").unwrap_or_else(without_client);
        let all = || connections.saturating_add(disconnected_sessions);
        let sessions = sessions.unwrap_or_else(all);
        let role = fields.word("role", &[("core", Role::Core), ("replicant", Role::Replicant)]);
        let version = fields.text("version", 0..=MAX_VERSION);
        let status = fields.word("status", &NodeStatus::WORDS).unwrap_or_default();
        let max_fds = fields.count("max_fds");
        let weight = fields.number("weight", "a number more than 0", |_| true);
        let read_at_ms = fields.count("read_at_ms");
        let read_from = fields.text("read_from", 0..=MAX_URL);
        node.map(|node| Self {
            node,
            connections,
            sessions,
            disconnected_sessions,
            role,
            version,
            status,
            max_fds,
            weight,
            read_at_ms,
            read_from,
        })
    }
}

impl NodeStatus {
    /// Their words.
    const WORDS: [(&str, Self); 5] = [
        ("running", Self::Running),
        ("stopped", Self::Stopped),
        ("evacuating", Self::Evacuating),
        ("donor", Self::Donor),
        ("unknown", Self::Unknown),
    ];
}

/// Bytes of a version, far more than any has.
const MAX_VERSION: usize = 1024;
/// Bytes of a URL, as browsers take them.
const MAX_URL: usize = 2048;
