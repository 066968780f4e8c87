//! Whether the counts are where a plan wanted them, recomputed from the nodes themselves.

use super::Rebalance;
use crate::driver::state::{DriverState, each_once};
use crate::driver::track::Track;
use crate::node::NodeName;
use crate::number::float;
use crate::plan::{Mode, Run};
use crate::snapshot::{NodeLoad, NodeStatus};
use std::collections::BTreeSet;

/// The goal of a plan, and the cluster as last seen.
#[derive(Clone, Copy)]
pub(super) struct Goal<'a> {
    pub(super) job: &'a Rebalance,
    pub(super) state: &'a DriverState,
}

impl<'a> Goal<'a> {
    /// The nodes that the promise is about, each once: those of its runs, and all others that its
    /// waves are to level.
    pub(super) fn promised_nodes(self) -> Vec<NodeName> {
        let plan = self.job.promised();
        let moved = plan.moves.iter().map(|step| &step.node);
        each_once(plan.runs.iter().flat_map(|run| &run.nodes).chain(moved))
    }

    /// The nodes of all runs, each once, in the plan's order.
    pub(super) fn plan_nodes(self) -> Vec<NodeName> {
        each_once(self.runs().flat_map(|run| &run.nodes))
    }

    /// The nodes that any run sends clients to.
    pub(super) fn recipients(self) -> Vec<NodeName> {
        self.runs().flat_map(|run| run.recipients.iter().cloned()).collect()
    }

    fn runs(self) -> impl Iterator<Item = &'a Run> {
        self.state.runs.iter().filter_map(Track::run)
    }

    /// What is not reached yet, in words, or `None` if the goal is met.
    ///
    /// One run has EMQX's own goal, its thresholds, and the promise that its recipients get about as much
    /// as the forecast says. Several runs level together, so a single one's thresholds say little: there
    /// the forecast's balance is the goal, with some room for clients that come and go.
    pub(super) fn missing(self) -> Option<String> {
        let missing = match (self.job.plan.mode, self.state.runs.as_slice()) {
            (Mode::Single, [track]) => self.missing_of_run(track).or_else(|| self.uneven(track)),
            _ => self.missing_of_plan(),
        };
        missing.map(|text| match self.favoured() {
            Some(favoured) => format!(
                "{text}; nearly all clients came back to {favoured}: the load balancer seems to send \
                 each to a node of its own, by its address or otherwise, and not to the next one"
            ),
            None => text,
        })
    }

    /// How a run's recipients end less even than the forecast says, beyond what chance explains. EMQX
    /// looks at their average alone.
    fn uneven(self, track: &Track) -> Option<String> {
        let recipients = &track.run()?.recipients;
        let ends = &self.job.plan.forecast.end;
        let spread = |of: &dyn Fn(&NodeName) -> Option<u64>| {
            let counts: Vec<u64> = recipients.iter().map(of).collect::<Option<_>>()?;
            let mean = float(counts.iter().fold(0, |sum, n| sum.saturating_add(*n)))
                / float(counts.len().max(1) as u64);
            Some((float(counts.iter().copied().max()?) - mean, mean, counts))
        };
        let end =
            |name: &NodeName| ends.iter().find(|end| end.node == *name).map(|e| e.connections);
        let (expected, _, forecast) = spread(&end)?;
        let (over, mean, counts) = spread(&|name| count(&self.state.watch.nodes, name))?;
        let (_, before, _) = spread(&|name| count(&self.state.watch.baseline, name))?;
        let chance = 1.0 + CHANCE * (mean - before).max(0.0).sqrt();
        (over > expected.max(0.0) + chance.max(mean * ROOM)).then(|| {
            let (counts, forecast) = (listed(&counts), listed(&forecast));
            format!("the recipients hold {counts}, where {forecast} was forecast")
        })
    }

    /// The node that nearly all clients came back to, if there were others to go to.
    fn favoured(self) -> Option<NodeName> {
        let recipients: BTreeSet<NodeName> = self.recipients().into_iter().collect();
        let gains = recipients.into_iter().filter_map(|name| {
            let now = count(&self.state.watch.nodes, &name)?;
            let before = count(&self.state.watch.baseline, &name)?;
            Some((now.saturating_sub(before), name))
        });
        let gains: Vec<(u64, NodeName)> = gains.collect();
        let total = gains.iter().map(|(gain, _)| *gain).fold(0, u64::saturating_add);
        let (most, name) = gains.iter().max()?;
        let is_telling = gains.len() > 1 && total >= TELLING;
        (is_telling && float(*most) >= float(total) * NEARLY_ALL).then(|| name.clone())
    }

    /// What a run has not reached of EMQX's own goal, in words.
    pub(super) fn missing_of_run(self, track: &Track) -> Option<String> {
        if let Some(absent) = self.absent(track) {
            return Some(absent);
        }
        let Run { donors, recipients, strategy, .. } = track.run()?;
        let mean = |names: &[NodeName], count: fn(&NodeLoad) -> u64| {
            let found = self.state.watch.nodes.iter().filter(|load| names.contains(&load.node));
            let total = found.map(count).fold(0, u64::saturating_add);
            float(total) / float(names.len().max(1) as u64)
        };
        let conns: fn(&NodeLoad) -> u64 = |load| load.connections;
        let (from, to) = (mean(donors, conns), mean(recipients, conns));
        if !strategy.conns_within(from, to) {
            return Some(format!(
                "donors average {from:.0} connections and recipients {to:.0}, which is not within \
                 abs_conn_threshold {} or rel_conn_threshold {}",
                strategy.abs_conn_threshold, strategy.rel_conn_threshold
            ));
        }
        let sessions: fn(&NodeLoad) -> u64 = |load| load.disconnected_sessions;
        let (from, to) = (mean(donors, sessions), mean(recipients, sessions));
        let moves_sessions = self.job.plan.forecast.sessions_moved > 0.0;
        (moves_sessions && !strategy.sessions_within(from, to)).then(|| {
            format!(
                "donors average {from:.0} disconnected sessions and recipients {to:.0}, which is not \
                 within abs_sess_threshold {} or rel_sess_threshold {}",
                strategy.abs_sess_threshold, strategy.rel_sess_threshold
            )
        })
    }

    /// A node of the run that is not there, in words. It counts for no client, which must not pass for a
    /// donor that has given them away; nor must the empty node that comes back.
    fn absent(self, track: &Track) -> Option<String> {
        let node = track.lost.as_ref()?;
        let load = self.state.watch.nodes.iter().find(|load| load.node == *node);
        let is_back = load.is_some_and(|load| load.status != NodeStatus::Stopped);
        Some(if is_back {
            format!("{node} was down, and came back empty")
        } else {
            format!("{node} is down or has left the cluster")
        })
    }

    fn missing_of_plan(self) -> Option<String> {
        if let Some(absent) = self.state.runs.iter().find_map(|track| self.absent(track)) {
            return Some(absent);
        }
        let Some(balance) = self.state.watch.balance_of(&self.promised_nodes()) else {
            return Some("a node of the plan could not be read".to_owned());
        };
        let goal = self.job.plan.balance.after.over + self.room();
        (balance.over > goal + ROUNDING).then(|| {
            format!(
                "the fullest node is {:.1} % over the mean; the plan's goal is {:.1} %",
                balance.over * 100.0,
                goal * 100.0
            )
        })
    }

    /// What clients that come and go may add to the forecast's imbalance: one client, where that is
    /// more.
    fn room(self) -> f64 {
        let nodes = self.promised_nodes();
        let loads = self.state.watch.nodes.iter().filter(|load| nodes.contains(&load.node));
        let total = loads.map(|load| load.connections).fold(0, u64::saturating_add);
        ROOM.max(float(nodes.len() as u64) / float(total.max(1)))
    }
}

fn count(nodes: &[NodeLoad], name: &NodeName) -> Option<u64> {
    nodes.iter().find(|load| load.node == *name).map(|load| load.connections)
}

fn listed(counts: &[u64]) -> String {
    counts.iter().map(u64::to_string).collect::<Vec<_>>().join("/")
}

/// The same as a share of the mean: 2 %.
const ROOM: f64 = 0.02;
/// A balancer's chance gives a node so many roots more than its share at most, but for one time in tens
/// of thousands.
const CHANCE: f64 = 4.0;
/// Clients that must have come back before their ways tell anything of the balancer.
const TELLING: u64 = 10;
/// Share of them that is no chance any more.
const NEARLY_ALL: f64 = 0.9;
/// 51 clients where the mean is 50 are 2 % over it, not more.
const ROUNDING: f64 = 1e-9;
