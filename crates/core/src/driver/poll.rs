//! What one poll asks and answers.

use super::outcome::Cause;
use crate::emqx::{Availability, GlobalStatus, NodeList};
use crate::node::NodeName;
use crate::snapshot::NodeStatus;
use crate::units::Timestamp;
use std::collections::BTreeMap;

/// What a pending request will answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Question {
    Nodes,
    GlobalStatus,
    Availability(NodeName),
    Start(usize),
    Stop(usize),
}

/// The answers of one poll.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Poll {
    pub(crate) open: bool,
    pub(crate) asked_at: Timestamp,
    pub(crate) status: Option<GlobalStatus>,
    pub(crate) nodes: Option<NodeList>,
    /// When the nodes were read.
    pub(crate) nodes_at: Timestamp,
    /// Whether nobody came by for a while: some of the answers may have lain there for as long.
    pub(crate) is_torn: bool,
    pub(crate) availability: BTreeMap<NodeName, Option<Availability>>,
    pub(crate) lost: Option<Cause>,
}

impl Poll {
    /// Counts nodes that are not known among those that were not heard: what they coordinate is left
    /// out of EMQX's answer.
    pub(crate) fn add_unheard(&mut self) {
        let (Some(status), Some(list)) = (&mut self.status, &self.nodes) else { return };
        for load in list.nodes.iter().filter(|load| load.status == NodeStatus::Unknown) {
            if !status.unheard.contains(&load.node) {
                status.unheard.push(load.node.clone());
            }
        }
    }
}
