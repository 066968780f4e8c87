//! What a plan was made from.

use crate::node::NodeName;
use crate::snapshot::{NodeLoad, NodeStatus, Snapshot};
use serde::{Deserialize, Serialize};

/// What a plan was made from.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Fingerprint {
    /// When, in milliseconds since 1970. Absent if whoever made the plan had no clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at_ms: Option<u64>,
    /// The counts of every node.
    pub nodes: Vec<NodeCount>,
}

/// A node's counts when a plan was made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct NodeCount {
    /// The node.
    pub node: NodeName,
    /// Connected clients.
    pub connections: u64,
    /// Whether the node did not answer: then its count means nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>", optional))]
    pub unknown: bool,
    /// The weight that the node was given. EMQX knows nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

impl Fingerprint {
    /// Whether `node` did not answer when the plan was made, so that what the plan says of its counts
    /// means nothing.
    pub fn is_unknown(&self, node: &NodeName) -> bool {
        self.nodes.iter().any(|count| count.node == *node && count.unknown)
    }

    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let nodes = snapshot.nodes().iter().map(|load| NodeCount {
            node: load.node.clone(),
            connections: load.connections,
            unknown: load.status == NodeStatus::Unknown,
            weight: load.weight,
        });
        Self { made_at_ms: None, nodes: nodes.collect() }
    }

    /// Gives `nodes`, as EMQX reports them, the weights that the plan was made with.
    pub(crate) fn weigh(&self, nodes: &mut [NodeLoad]) {
        for load in nodes {
            let count = self.nodes.iter().find(|count| count.node == load.node);
            load.weight = count.and_then(|count| count.weight);
        }
    }
}
