//! The nodes and their counts as polls show them, one after the other.

use super::clients::{Clients, Loss, lost_between, total, travelling};
use super::options::DriverOptions;
use super::stops::Stops;
use super::watch::Watch;
use crate::balance::Balance;
use crate::node::NodeName;
use crate::number::{float, whole};
use crate::reconnect::{Learned, ReconnectProfile};
use crate::snapshot::{NodeLoad, NodeStatus};
use crate::units::Timestamp;

impl Watch {
    /// Keeps the nodes as they are before the first start.
    pub(crate) fn see_baseline(&mut self, nodes: Vec<NodeLoad>) {
        self.nodes.clone_from(&nodes);
        self.baseline = nodes;
        self.changed_at = self.now;
        self.seen_at = self.now;
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
        self.learn(clients);
    }

    /// Learns from the nodes as just seen, of which some have `dropped` clients since they were last seen.
    fn learn(&mut self, dropped: u64) {
        let now = self.now;
        let since_ms = now.ms_since(self.seen_at).min(LONGEST_LOOK_MS);
        self.learning.note_drop(Timestamp::from_ms(now.as_ms() - since_ms / 2), dropped);
        self.seen_at = now;
        let clients = self.clients();
        if !clients.unknown.is_empty() {
            return;
        }
        if self.learning.dropped() == 0 {
            self.drift.note(now, clients.now);
        }
        self.learning.note_missing(now, self.missing());
    }

    /// Clients that were connected before the first start and are nowhere now; those that come and go by
    /// themselves are taken out.
    pub(crate) fn missing(&self) -> i64 {
        let Clients { before, now, .. } = self.clients();
        let since = self.began_at.unwrap_or(self.now);
        let drifted = self.drift.per_s() * float(self.now.ms_since(since)) / 1000.0;
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        #[expect(clippy::cast_possible_truncation, reason = "saturates, as wanted")]
        let drifted = drifted.round() as i64;
        signed(before).saturating_sub(signed(now)).saturating_add(drifted)
    }

    /// Since when most of them are, at least half.
    pub(crate) fn missing_since(&self) -> Option<Timestamp> {
        self.learning.missing_since()
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

    /// How clients come back, as far as it was learned.
    pub(crate) fn learned(&self) -> Option<Learned> {
        self.learning.profile()
    }

    /// Clients that are on their way by `profile`.
    pub(crate) fn on_their_way(&self, profile: &ReconnectProfile) -> u64 {
        whole(self.learning.on_their_way(profile, self.now).round())
    }

    /// So few clients of those that were dropped are none to wait for.
    pub(crate) fn few(&self) -> u64 {
        (self.learning.dropped() / FEW).max(1)
    }

    /// Whether those that were dropped are there again, as good as all: the last of them come within a poll
    /// or so of each other.
    pub(crate) fn are_all_back(&self) -> bool {
        let none = (self.learning.dropped() / NONE).max(1);
        self.missing() <= i64::try_from(none).unwrap_or(i64::MAX)
    }

    /// Clients that are taken to be on their way.
    pub(crate) fn travelling(&self, before: u64, options: &DriverOptions) -> u64 {
        travelling(&self.losses, before, self.now, options)
    }
}

/// A drop that is seen after a longer time was about its end, for all that is known.
const LONGEST_LOOK_MS: u64 = 10_000;

/// One in so many of those that were dropped is none to wait for.
const FEW: u64 = 500;
/// One in so many is nobody.
const NONE: u64 = 5000;

/// The counts of `counted`, to be compared.
fn counts(nodes: &[NodeLoad], counted: &[NodeName]) -> Vec<(NodeName, u64, u64)> {
    let part = nodes.iter().filter(|load| counted.contains(&load.node));
    let mut counts: Vec<_> = part
        .map(|load| (load.node.clone(), load.connections, load.disconnected_sessions))
        .collect();
    counts.sort();
    counts
}
