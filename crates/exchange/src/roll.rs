//! Which nodes belong to the cluster, as far as those who ask it have heard.

use emqx_rebalance_core::{NodeLoad, NodeName, NodeStatus};
use std::collections::BTreeMap;

/// Every node that was heard of, with its load as last read.
#[derive(Debug, Default)]
pub(crate) struct Roll {
    members: BTreeMap<NodeName, Member>,
    /// Whether the last list of nodes took EMQX long: then one of them hangs.
    is_slow: bool,
    /// Whether the nodes' names were asked for, apart from their loads.
    was_called: bool,
    /// Whether another node is asked from now on, since the one that was asked is cut off.
    has_turned: bool,
}

/// A node, known or not.
#[derive(Debug)]
struct Member {
    /// As it was last known. A node that never was has counts that mean nothing.
    load: NodeLoad,
    /// Whether it is known now.
    is_known: bool,
    /// Whether not all of the others reach it.
    is_apart: bool,
}

impl Roll {
    /// Every node that was heard of.
    pub(crate) fn names(&self) -> Vec<NodeName> {
        self.members.keys().cloned().collect()
    }

    /// The nodes that are not known now.
    pub(crate) fn unknown(&self) -> Vec<NodeName> {
        let unknown = self.members.iter().filter(|(_, member)| !member.is_known);
        unknown.map(|(name, _)| name.clone()).collect()
    }

    /// The nodes that are known, and that not all of the others reach.
    pub(crate) fn apart(&self) -> Vec<NodeName> {
        let apart = self.members.iter().filter(|(_, member)| member.is_known && member.is_apart);
        apart.map(|(name, _)| name.clone()).collect()
    }

    /// Notes which nodes not all of the others reach.
    pub(crate) fn set_apart(&mut self, apart: &[NodeName]) {
        for (name, member) in &mut self.members {
            member.is_apart = apart.contains(name);
        }
    }

    /// Whether `node` was down when it was last heard of.
    pub(crate) fn is_down(&self, node: &NodeName) -> bool {
        let member = self.members.get(node);
        member.is_some_and(|member| member.is_known && member.load.status == NodeStatus::Stopped)
    }

    /// `node` as one that is not known, with what was last known of it.
    pub(crate) fn as_unknown(&self, node: &NodeName) -> NodeLoad {
        let last = self.members.get(node).map(|member| member.load.clone());
        let last = last.unwrap_or_else(|| NodeLoad::unknown(node.clone()));
        NodeLoad { status: NodeStatus::Unknown, ..last }
    }

    /// `node` as one that is down, with what was last known of it but its counts.
    pub(crate) fn as_stopped(&self, node: &NodeName) -> NodeLoad {
        let NodeLoad { node, role, version, max_fds, .. } = self.as_unknown(node);
        NodeLoad { status: NodeStatus::Stopped, role, version, max_fds, ..NodeLoad::new(node, 0) }
    }

    /// Notes what was read.
    pub(crate) fn see(&mut self, loads: &[NodeLoad]) {
        for load in loads {
            let is_known = load.status != NodeStatus::Unknown;
            let member = self.members.entry(load.node.clone());
            let member =
                member.or_insert_with(|| Member { load: load.clone(), is_known, is_apart: false });
            member.is_known = is_known;
            if is_known {
                member.load = load.clone();
            }
        }
    }

    /// Notes that `node` belongs to the cluster no more.
    pub(crate) fn forget(&mut self, node: &NodeName) {
        self.members.remove(node);
    }

    pub(crate) fn is_slow(&self) -> bool {
        self.is_slow
    }

    pub(crate) fn set_slow(&mut self, is_slow: bool) {
        self.is_slow = is_slow;
    }

    /// Notes that another node is asked from now on.
    pub(crate) fn turn(&mut self) {
        self.has_turned = true;
    }

    /// Whether that was noted, which is forgotten hereby.
    pub(crate) fn take_turned(&mut self) -> bool {
        std::mem::take(&mut self.has_turned)
    }

    /// Whether the names have yet to be asked for, which they are hereby.
    pub(crate) fn call(&mut self) -> bool {
        !std::mem::replace(&mut self.was_called, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_is_not_known_any_more_keeps_its_last_counts() {
        let node = NodeName::new("a@h").unwrap();
        let mut roll = Roll::default();
        roll.see(&[NodeLoad { read_at_ms: Some(7), ..NodeLoad::new(node.clone(), 30) }]);
        assert!(roll.unknown().is_empty());
        roll.see(&[NodeLoad::unknown(node.clone())]);
        let last = roll.as_unknown(&node);
        assert_eq!((last.status, last.connections), (NodeStatus::Unknown, 30));
        assert_eq!(last.read_at_ms, Some(7));
        assert_eq!(roll.unknown(), std::slice::from_ref(&node));
        assert_eq!(roll.as_stopped(&node).connections, 0);
        roll.forget(&node);
        assert!(roll.names().is_empty());
    }
}
