//! Nodes and their loads: alike in every version.

use super::field::{Fields, Why, node_name};
use super::one_line;
use emqx_rebalance_core::{NodeList, NodeLoad, NodeName, NodeStatus, Role, Unreadable};
use serde_json::Value;
use std::collections::BTreeSet;

/// Reads a list of nodes. What cannot be read, and a node that comes twice, is set aside; a node
/// that has a name all the same is one that is not known.
pub(crate) fn node_list(elements: &[Value]) -> NodeList {
    let mut list = NodeList::default();
    let mut seen: BTreeSet<NodeName> = BTreeSet::new();
    for (i, element) in elements.iter().enumerate() {
        let load = node_load(element).or_else(|why| {
            list.unreadable.push(unreadable("nodes", i, why));
            Fields::of(element)?.node("node").map(NodeLoad::unknown)
        });
        match load {
            Ok(load) if seen.insert(load.node.clone()) => list.nodes.push(load),
            Ok(load) => {
                list.unreadable.push(unreadable("nodes", i, format!("`{}` again", load.node)));
            }
            Err(_) => {}
        }
    }
    list
}

/// Reads one node.
///
/// `live_connections` is the count that rebalancing looks at. `connections` counts channels, those
/// of disconnected sessions among them, so it is the number of sessions (contract/5.3.2, 03). A
/// stopped node has neither (contract/5.3.2, 12), nor has one that does not answer its peer, which
/// EMQX lists as "unreachable" from late 2026 on. A node without a count is never an empty one.
pub(crate) fn node_load(element: &Value) -> Result<NodeLoad, Why> {
    let fields = Fields::of(element)?;
    let (status, connections) = match (node_status(fields), fields.count("live_connections")?) {
        (NodeStatus::Running, None) => (NodeStatus::Unknown, 0),
        (NodeStatus::Unknown, _) => (NodeStatus::Unknown, 0),
        (status, count) => (status, count.unwrap_or(0)),
    };
    let counts_sessions = status != NodeStatus::Unknown;
    let sessions = fields.count("connections")?.filter(|_| counts_sessions).unwrap_or(connections);
    Ok(NodeLoad {
        role: role(fields.text("role")),
        version: fields.text("version").map(|version| one_line(version, MAX_VERSION)),
        status,
        // While clients reconnect EMQX's two counts may cross: the old channel is not gone yet.
        sessions: sessions.max(connections),
        disconnected_sessions: sessions.saturating_sub(connections),
        // A text in some versions; one that is no number ("unlimited") is no limit.
        max_fds: fields.count("max_fds").ok().flatten(),
        ..NodeLoad::new(fields.node("node")?, connections)
    })
}

/// Reads a list of names. What cannot be read is left out.
pub(crate) fn names(elements: &[Value]) -> Vec<NodeName> {
    elements.iter().filter_map(node_name).collect()
}

/// An element of `list` that cannot be read.
pub(crate) fn unreadable(list: &str, i: usize, why: Why) -> Unreadable {
    Unreadable { element: format!("{list}[{i}]"), why }
}

/// EMQX 5 writes "running" and "stopped", EMQX 4 "Running" and "Stopped". Any other word, such as
/// "unreachable" or EMQX 4's "Waiting to join", says that its counts are not known.
fn node_status(fields: Fields<'_>) -> NodeStatus {
    match fields.text("node_status") {
        None => NodeStatus::Running,
        Some(word) if word.eq_ignore_ascii_case("running") => NodeStatus::Running,
        Some(word) if word.eq_ignore_ascii_case("stopped") => NodeStatus::Stopped,
        Some(_) => NodeStatus::Unknown,
    }
}

fn role(word: Option<&str>) -> Option<Role> {
    match word? {
        "core" => Some(Role::Core),
        "replicant" => Some(Role::Replicant),
        _ => None,
    }
}

const MAX_VERSION: usize = 60;
