//! An evacuation in its cluster: who takes what the node gives away.

use super::options::EvacuationPlanOptions;
use crate::emqx::Evacuation;
use crate::error::{Error, ErrorKind, Result};
use crate::node::NodeName;
use crate::snapshot::{NodeLoad, NodeStatus, Snapshot};
use crate::version::EmqxVersion;

/// An evacuation in its cluster.
pub(super) struct Emptying<'a> {
    pub(super) load: &'a NodeLoad,
    pub(super) evacuation: &'a Evacuation,
    pub(super) options: &'a EvacuationPlanOptions,
    pub(super) version: Option<EmqxVersion>,
    pub(super) clients_to: Vec<&'a NodeLoad>,
    pub(super) sessions_to: Vec<&'a NodeLoad>,
}

impl<'a> Emptying<'a> {
    pub(super) fn of(
        snapshot: &'a Snapshot,
        node: &NodeName,
        evacuation: &'a Evacuation,
        options: &'a EvacuationPlanOptions,
    ) -> Result<Self> {
        let load = snapshot.node(node).ok_or_else(|| unknown(snapshot, node))?;
        // Donors of a rebalance refuse clients now; sessions can be moved to them.
        let others =
            || snapshot.nodes().iter().filter(|other| other.node != *node && other.status.counts());
        // In a cluster with replicants they carry the clients.
        let carrier = snapshot.running().filter_map(|load| load.role).max();
        let takes_clients = |load: &&NodeLoad| {
            load.status == NodeStatus::Running && (load.role.is_none() || load.role == carrier)
        };
        let takes_sessions = |load: &&NodeLoad| {
            evacuation.migrate_to.as_ref().is_none_or(|nodes| nodes.contains(&load.node))
        };
        Ok(Self {
            load,
            evacuation,
            options,
            version: load.version.as_deref().and_then(EmqxVersion::parse),
            clients_to: others().filter(takes_clients).collect(),
            sessions_to: others().filter(takes_sessions).collect(),
        })
    }

    /// Seconds before the first client is dropped. EMQX's default is 60; before 5.1 there is no wait.
    pub(super) fn wait_health_check_s(&self) -> u64 {
        let waits = self.version.is_none_or(|version| version.major() >= 5);
        if waits { self.evacuation.wait_health_check.unwrap_or(60).into() } else { 0 }
    }
}

/// That there is no such node.
pub(super) fn unknown(snapshot: &Snapshot, node: &NodeName) -> Error {
    let known: Vec<&str> = snapshot.nodes().iter().map(|load| load.node.as_str()).collect();
    Error::new(ErrorKind::UnknownNode, "no such node in the snapshot")
        .with("node", node)
        .with("known", known.join(", "))
}
