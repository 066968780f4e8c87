//! Stops a plan that does harm.
//!
//! EMQX goes on evicting whatever becomes of the clients: behind a load balancer that sent nobody
//! back, one run drained 750 of 1,500 clients into nothing. What a poll shows must be seen again by
//! the next one, since counts are rough while clients move; then every run of ours is stopped.

use super::Driver;
use super::options::DriverOptions;
use super::state::Round;
use crate::balance::float;
use crate::emqx::{GlobalStatus, NodeList};
use crate::node::NodeName;
use crate::snapshot::{NodeLoad, NodeStatus};
use serde::{Deserialize, Serialize};

/// What a driver stops its runs for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
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
}

impl Driver {
    pub(super) fn trouble(&self, round: &Round) -> Option<(Guard, String)> {
        let by_status = round.status.as_ref().and_then(|status| self.intruder(status));
        let by_nodes = || {
            let list = round.nodes.as_ref()?;
            down(list, &self.state.plan_nodes())
                .or_else(|| self.missing_clients(&list.nodes))
                .or_else(|| full(&list.nodes, &self.state.recipients(), &self.state.options))
        };
        by_status.or_else(by_nodes)
    }

    fn intruder(&self, status: &GlobalStatus) -> Option<(Guard, String)> {
        let is_ours = |entry| self.state.runs.iter().any(|tracked| tracked.is_shown(entry));
        if let Some(foreign) = status.rebalances.iter().find(|entry| !is_ours(entry)) {
            let text = format!("{} coordinates a rebalance of its own", foreign.coordinator);
            return Some((Guard::ForeignRun, text));
        }
        let plan_nodes = self.state.plan_nodes();
        let evacuated = status.evacuations.iter().filter_map(|entry| entry.node.as_ref());
        let node = evacuated.into_iter().find(|node| plan_nodes.contains(node))?;
        Some((Guard::Evacuation, format!("{node} is being evacuated")))
    }

    fn missing_clients(&self, nodes: &[NodeLoad]) -> Option<(Guard, String)> {
        let per_second: u64 =
            self.state.runs.iter().filter(|tracked| tracked.is_live()).fold(0, |sum, tracked| {
                let rate = u64::from(tracked.run.strategy.conn_evict_rate.get());
                sum.saturating_add(rate.saturating_mul(tracked.run.donors.len() as u64))
            });
        missing_clients(&self.state.watch.baseline, nodes, per_second, &self.state.options)
    }
}

impl Alarm {
    /// The alarm that follows on `before` if `guard` sees something.
    pub(crate) fn after(before: Option<Self>, guard: Guard) -> Self {
        let same = before.filter(|alarm| alarm.guard == guard);
        Self { guard, polls: same.map_or(1, |alarm| alarm.polls + 1) }
    }

    /// Whether it was seen often enough to act.
    pub(crate) fn is_certain(self) -> bool {
        self.polls >= POLLS
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

/// Clients that were dropped do not come back.
///
/// Those on their way are not missing: as many as are dropped, `per_second`, in the time that
/// clients are given to come back.
pub(crate) fn missing_clients(
    baseline: &[NodeLoad],
    nodes: &[NodeLoad],
    per_second: u64,
    options: &DriverOptions,
) -> Option<(Guard, String)> {
    let total =
        |nodes: &[NodeLoad]| nodes.iter().map(|load| load.connections).fold(0, u64::saturating_add);
    let (before, now) = (total(baseline), total(nodes));
    let travelling = per_second.saturating_mul(options.reconnect_grace_s.into());
    // However fast a plan is, nobody wants a large part of the clients away at once.
    let travelling = travelling.min(before / MOST_TRAVELLING);
    let tolerated = before.saturating_mul(options.max_missing_percent.into()) / 100;
    let floor = before.saturating_sub(tolerated.max(travelling));
    (now < floor).then(|| {
        let text = format!(
            "{now} of {before} clients are connected, below the floor of {floor}: those that were \
             dropped do not come back"
        );
        (Guard::ClientsMissing, text)
    })
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
/// One in so many clients may be on its way at any time.
const MOST_TRAVELLING: u64 = 4;
