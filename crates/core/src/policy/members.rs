//! Which nodes there are, and since when nothing has changed about that.

use crate::node::NodeName;
use crate::snapshot::{NodeLoad, NodeStatus};
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The nodes as last seen.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Members {
    /// Every node, and whether it was up.
    up: BTreeMap<NodeName, bool>,
    /// When a node last came or went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed_at: Option<Timestamp>,
    /// Nodes that joined or came back since the last rebalance.
    fresh: BTreeSet<NodeName>,
}

impl Members {
    /// Takes in `nodes` as they are now. Those of the first time have always been there.
    pub(super) fn see(&mut self, now: Timestamp, nodes: &[NodeLoad]) {
        let up: BTreeMap<NodeName, bool> =
            nodes.iter().map(|load| (load.node.clone(), is_up(load))).collect();
        if !self.up.is_empty() && up != self.up {
            self.changed_at = Some(now);
            let came =
                up.iter().filter(|(node, is_up)| **is_up && self.up.get(*node) != Some(&true));
            self.fresh.extend(came.map(|(node, _)| node.clone()));
        }
        self.fresh.retain(|node| up.contains_key(node));
        self.up = up;
    }

    /// Notes that something else has changed, such as that somebody's run is on.
    pub(super) fn stir(&mut self, now: Timestamp) {
        self.changed_at = Some(now);
    }

    /// Milliseconds since the last change, if there was one.
    pub(super) fn quiet_ms(&self, now: Timestamp) -> Option<u64> {
        self.changed_at.map(|at| now.ms_since(at))
    }

    /// The nodes that joined or came back since the last rebalance.
    pub fn fresh(&self) -> impl Iterator<Item = &NodeName> {
        self.fresh.iter()
    }

    /// Has nobody count as fresh any more.
    pub(super) fn settle(&mut self) {
        self.fresh.clear();
    }

    /// Nothing is of a time to come: the clock was wrong.
    pub(super) fn turn_back(&mut self, now: Timestamp) {
        self.changed_at = self.changed_at.map(|at| at.min(now));
    }
}

fn is_up(load: &NodeLoad) -> bool {
    // Who loses clients is up; who does not answer may be.
    !matches!(load.status, NodeStatus::Stopped | NodeStatus::Unknown)
}
