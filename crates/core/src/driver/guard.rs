//! Stops a plan that does harm.
//!
//! EMQX goes on evicting whatever becomes of the clients: behind a load balancer that sent nobody
//! back, one run drained 750 of 1,500 clients into nothing. What a poll shows must be seen again by
//! the next one, since counts are rough while clients move; then every run of ours is stopped.

use super::Driver;
use super::clients::Clients;
use super::options::DriverOptions;
use super::poll::Poll;
use super::watch::Watch;
use crate::balance::float;
use crate::emqx::{GlobalStatus, NodeList};
use crate::node::NodeName;
use crate::snapshot::{NodeLoad, NodeStatus};
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// What a driver stops its runs for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Guard {
    /// Clients that were dropped do not come back.
    ClientsMissing,
    /// Somebody evacuates a node of the plan.
    Evacuation,
    /// A rebalance that is not of this plan is running.
    ForeignRun,
    /// A node of the plan is down or has left the cluster.
    NodeDown,
    /// A recipient is close to the most it can hold.
    RecipientFull,
}

/// A guard that saw something, and the polls in a row that it did.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Alarm {
    guard: Guard,
    polls: u32,
    /// When the first of them had its answers.
    #[serde(default)]
    since: Timestamp,
}

impl Driver {
    pub(super) fn trouble(&self, poll: &Poll) -> Option<(Guard, String)> {
        let by_status = poll.status.as_ref().and_then(|status| self.intruder(status));
        let by_nodes = || {
            let list = poll.nodes.as_ref()?;
            down(list, &self.state.plan_nodes())
                .or_else(|| missing_clients(&self.state.watch, &self.state.options))
                .or_else(|| full(&list.nodes, &self.state.recipients(), &self.state.options))
        };
        by_status.or_else(by_nodes)
    }

    fn intruder(&self, status: &GlobalStatus) -> Option<(Guard, String)> {
        let mut entries = status.rebalances.iter();
        if let Some(foreign) = entries.find(|entry| !self.is_ours(entry, status)) {
            let text = format!("{} coordinates a rebalance of its own", foreign.coordinator);
            return Some((Guard::ForeignRun, text));
        }
        let plan_nodes = self.state.plan_nodes();
        let evacuated = status.evacuations.iter().filter_map(|entry| entry.node.as_ref());
        let node = evacuated.into_iter().find(|node| plan_nodes.contains(node))?;
        Some((Guard::Evacuation, format!("{node} is being evacuated")))
    }
}

impl Alarm {
    /// The alarm that follows on `before` if `guard` sees something `now`.
    pub(crate) fn after(before: Option<Self>, guard: Guard, now: Timestamp) -> Self {
        match before.filter(|alarm| alarm.guard == guard) {
            Some(same) => Self { polls: same.polls.saturating_add(1), ..same },
            None => Self { guard, polls: 1, since: now },
        }
    }

    /// Whether it was seen often enough to act, and for `patience_ms` by a poll that was `asked_at`.
    pub(crate) fn is_certain(self, asked_at: Timestamp, patience_ms: u64) -> bool {
        self.polls >= POLLS && asked_at.ms_since(self.since) >= patience_ms
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

/// Clients that were dropped do not come back: more are missing than the user allows, and more than
/// have been dropped in the time that clients are given to come back.
pub(crate) fn missing_clients(watch: &Watch, options: &DriverOptions) -> Option<(Guard, String)> {
    let clients = watch.clients();
    let Clients { before, now, .. } = clients;
    let tolerated = clients.limit(options).max(watch.travelling(before, options));
    (clients.missing() > tolerated).then(|| {
        let floor = before.saturating_sub(tolerated);
        let text = if clients.unknown.is_empty() {
            format!(
                "{now} of {before} clients are connected, below the floor of {floor}: those that were \
                 dropped do not come back"
            )
        } else {
            format!("{now} of {before} clients are known to be connected, below the floor of {floor}")
        };
        (Guard::ClientsMissing, text)
    })
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
        let limit = configured.into_iter().chain(load.max_fds.map(headroom)).min()?;
        (load.connections >= limit).then(|| {
            let text = format!("{} holds {} clients of {limit}", load.node, load.connections);
            (Guard::RecipientFull, text)
        })
    })
}

/// Clients that fit under a limit of file descriptors: EMQX needs some for itself.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count is a count"
)]
pub(crate) fn headroom(max_fds: u64) -> u64 {
    (float(max_fds) * FD_SHARE) as u64
}

const POLLS: u32 = 2;
const FD_SHARE: f64 = 0.9;
