//! The nodes and their counts as polls show them, one after the other.

use super::clients::{Clients, Loss, lost_between, total, travelling};
use super::options::DriverOptions;
use super::stops::Stops;
use super::watch::Watch;
use crate::balance::Balance;
use crate::node::NodeName;
use crate::snapshot::{NodeLoad, NodeStatus};

impl Watch {
    /// Keeps the nodes as they are before the first start.
    pub(crate) fn see_baseline(&mut self, nodes: Vec<NodeLoad>) {
        self.nodes.clone_from(&nodes);
        self.baseline = nodes;
        self.changed_at = self.now;
    }

    /// The nodes as they were before the first start of all.
    pub(crate) fn origin(&self) -> &[NodeLoad] {
        if self.origin.is_empty() { &self.baseline } else { &self.origin }
    }

    /// Begins another wave from the nodes as last seen.
    pub(crate) fn begin_wave(&mut self) {
        if self.origin.is_empty() {
            self.origin = std::mem::take(&mut self.baseline);
        }
        self.baseline.clone_from(&self.nodes);
        self.changed_at = self.now;
        self.paused_ms = 0;
        self.stops = Stops::default();
        self.alarm = None;
    }

    /// Keeps the nodes as a poll shows them. `counted` are those whose counts tell of movement,
    /// `donors` those that are to lose clients.
    pub(crate) fn see_nodes(
        &mut self,
        nodes: Vec<NodeLoad>,
        counted: &[NodeName],
        donors: &[NodeName],
        options: &DriverOptions,
    ) {
        if counts(&nodes, counted) != counts(&self.nodes, counted) {
            self.changed_at = self.now;
        }
        // The clients of a node that is down are on their way too.
        let down = nodes.iter().filter(|load| load.status == NodeStatus::Stopped);
        let mut losing: Vec<NodeName> = down.map(|load| load.node.clone()).collect();
        losing.extend(donors.iter().cloned());
        let clients = lost_between(&self.nodes, &nodes, &losing);
        let grace_ms = u64::from(options.reconnect_grace_s) * 1000;
        let now = self.now;
        self.losses.retain(|loss| now.ms_since(loss.at) <= grace_ms);
        if clients > 0 {
            self.losses.push(Loss { at: now, clients });
        }
        self.learn_origin(&nodes);
        self.nodes = nodes;
    }

    /// Says of each count when it was read. A node that is not known keeps what was read of it last.
    pub(super) fn stamp(&self, nodes: &mut [NodeLoad]) {
        let read_at_ms = self.clock.to_host(self.now).as_ms();
        for load in nodes {
            if load.status != NodeStatus::Unknown {
                load.read_at_ms = Some(read_at_ms);
            } else if let Some(last) = self.nodes.iter().find(|last| last.node == load.node) {
                *load = NodeLoad { status: NodeStatus::Unknown, ..last.clone() };
            }
        }
    }

    /// A node whose clients were not known before the first start counts from when they first are.
    fn learn_origin(&mut self, nodes: &[NodeLoad]) {
        let origin = if self.origin.is_empty() { &mut self.baseline } else { &mut self.origin };
        let unread =
            |load: &&mut NodeLoad| load.status == NodeStatus::Unknown && load.read_at_ms.is_none();
        for load in origin.iter_mut().filter(unread) {
            let found = nodes.iter().find(|seen| seen.node == load.node);
            if let Some(seen) = found.filter(|seen| seen.status != NodeStatus::Unknown) {
                *load = seen.clone();
            }
        }
    }

    /// The balance of `nodes`; `None` if one of them is not known, or the cluster could not be read.
    pub(super) fn balance_of(&self, nodes: &[NodeName]) -> Option<Balance> {
        let loads = nodes.iter().map(|name| {
            let load = self.nodes.iter().find(|load| load.node == *name)?;
            (load.status != NodeStatus::Unknown).then(|| (load.connections, load.weight()))
        });
        let loads = loads.collect::<Option<Vec<_>>>().filter(|loads| !loads.is_empty());
        loads.filter(|_| self.silence.is_none()).map(Balance::of)
    }

    /// Where the clients are.
    pub(crate) fn clients(&self) -> Clients {
        let unknown = self.nodes.iter().filter(|load| load.status == NodeStatus::Unknown);
        Clients {
            before: total(self.origin()),
            now: total(&self.nodes),
            unknown: unknown.map(|load| load.node.clone()).collect(),
        }
    }

    /// Clients that are taken to be on their way.
    pub(crate) fn travelling(&self, before: u64, options: &DriverOptions) -> u64 {
        travelling(&self.losses, before, self.now, options)
    }
}

/// The counts of `counted`, to be compared.
fn counts(nodes: &[NodeLoad], counted: &[NodeName]) -> Vec<(NodeName, u64, u64)> {
    let part = nodes.iter().filter(|load| counted.contains(&load.node));
    let mut counts: Vec<_> = part
        .map(|load| (load.node.clone(), load.connections, load.disconnected_sessions))
        .collect();
    counts.sort();
    counts
}
