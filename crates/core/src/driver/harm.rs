//! Stops a plan that does harm.
//!
//! EMQX goes on evicting whatever becomes of the clients: behind a load balancer that sent nobody
//! back, one run drained 750 of 1,500 clients into nothing. What a poll shows must be seen again by
//! the next one, since counts are rough while clients move; then every run of ours is stopped.

use super::clients::Clients;
use super::drive::Driver;
use super::guard::Guard;
use super::options::DriverOptions;
use super::poll::Poll;
use super::watch::Watch;
use crate::emqx::{GlobalStatus, NodeList};
use crate::node::NodeName;
use crate::snapshot::{NodeLoad, NodeStatus};

impl Driver {
    /// The harm that a poll shows.
    pub(super) fn harm(&self, poll: &Poll) -> Option<(Guard, String)> {
        let by_status = poll.status.as_ref().and_then(|status| self.intruder(status));
        let by_nodes = || {
            let list = poll.nodes.as_ref()?;
            down(list, &self.state.nodes())
                .or_else(|| self.missing_clients())
                .or_else(|| full(&list.nodes, &self.state.recipients(), &self.state.options))
        };
        by_status.or_else(by_nodes)
    }

    fn intruder(&self, status: &GlobalStatus) -> Option<(Guard, String)> {
        let mut entries = status.rebalances.iter();
        if let Some(foreign) = entries.find(|entry| !self.state.is_ours(entry, status)) {
            let text = format!("{} coordinates a rebalance of its own", foreign.coordinator);
            return Some((Guard::ForeignRun, text));
        }
        let node = status.evacuated().find(|node| self.state.is_harmed_by_evacuation(node))?;
        Some((Guard::Evacuation, format!("{node} is being evacuated")))
    }
}

/// One of `names` is down or has left the cluster.
pub(crate) fn down(list: &NodeList, names: &[NodeName]) -> Option<(Guard, String)> {
    let node = down_node(list, names)?;
    Some((Guard::NodeDown, format!("{node} is down or has left the cluster")))
}

/// The first of `names` that is down or has left the cluster, as far as the nodes could be read.
pub(crate) fn down_node<'a>(list: &NodeList, names: &'a [NodeName]) -> Option<&'a NodeName> {
    let is_down = |name: &&NodeName| match list.nodes.iter().find(|load| load.node == **name) {
        Some(load) => load.status == NodeStatus::Stopped,
        None => list.unreadable.is_empty(),
    };
    names.iter().find(is_down)
}

impl Driver {
    /// Clients that were dropped do not come back: more are missing than the user allows, beside those
    /// that are on their way by the reconnect profile. Where none is known, those that were dropped in the
    /// time that clients are given to come back are on their way.
    fn missing_clients(&self) -> Option<(Guard, String)> {
        let (watch, options) = (&self.state.watch, &self.state.options);
        let clients = watch.clients();
        let limit = clients.limit(options);
        let tolerated = match self.state.profile() {
            Some(profile) => limit.saturating_add(with_chance(watch.on_their_way(&profile))),
            None => limit.max(watch.travelling(clients.before, options)),
        };
        let missing = u64::try_from(watch.missing()).unwrap_or_default();
        (missing > tolerated).then(|| (Guard::ClientsMissing, below_floor(&clients, tolerated)))
    }
}

/// As many as `clients` may be by chance, but for one time in tens of thousands.
fn with_chance(clients: u64) -> u64 {
    clients.saturating_add(4 * clients.isqrt() + 1)
}

/// That more than `tolerated` clients are missing, in words.
fn below_floor(clients: &Clients, tolerated: u64) -> String {
    let Clients { before, now, .. } = clients;
    let floor = before.saturating_sub(tolerated);
    if clients.unknown.is_empty() {
        format!(
            "{now} of {before} clients are connected, below the floor of {floor}: those that were \
             dropped do not come back"
        )
    } else {
        format!("{now} of {before} clients are known to be connected, below the floor of {floor}")
    }
}

/// How long what a guard sees must last before it acts: counts are rough while clients move, and those
/// of a node that is not known may be there.
pub(crate) fn patience_ms(watch: &Watch, options: &DriverOptions) -> u64 {
    if watch.clients().unknown.is_empty() {
        u64::from(options.poll_interval_ms) / 2
    } else {
        u64::from(options.settle_s) * 1000
    }
}

/// One of `recipients` is close to the most it can hold.
pub(crate) fn full(
    nodes: &[NodeLoad],
    recipients: &[NodeName],
    options: &DriverOptions,
) -> Option<(Guard, String)> {
    let configured = options.max_node_connections.map(u64::from);
    let mut recipients = nodes.iter().filter(|load| recipients.contains(&load.node));
    recipients.find_map(|load| {
        let limit = configured.into_iter().chain(load.most_clients()).min()?;
        (load.connections >= limit).then(|| {
            let text = format!("{} holds {} clients of {limit}", load.node, load.connections);
            (Guard::RecipientFull, text)
        })
    })
}
