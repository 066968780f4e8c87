//! Whether the counts are where the plan wanted them, recomputed from the nodes themselves.

use super::state::{DriverState, TrackedRun};
use crate::balance::{Balance, float};
use crate::node::NodeName;
use crate::plan::Run;
use crate::snapshot::{NodeLoad, NodeStatus};

/// The balance of the plan's nodes as last seen; `None` if one of them was never seen.
pub(super) fn measured(state: &DriverState) -> Option<Balance> {
    let nodes = state.plan_nodes();
    let loads = nodes.iter().map(|name| {
        let load = state.watch.nodes.iter().find(|load| load.node == *name)?;
        Some((load.connections, load.weight()))
    });
    loads.collect::<Option<Vec<_>>>().filter(|loads| !loads.is_empty()).map(Balance::of)
}

/// What is not reached yet, in words, or `None` if the goal is met.
///
/// One run has EMQX's own goal, its thresholds. Several runs level together, so a single one's
/// thresholds say little: there the forecast's balance is the goal, with some room for clients that
/// come and go.
pub(super) fn missing(state: &DriverState) -> Option<String> {
    match state.runs.as_slice() {
        [tracked] => missing_of_run(state, tracked),
        _ => missing_of_plan(state),
    }
}

/// What a run has not reached of EMQX's own goal, in words.
pub(super) fn missing_of_run(state: &DriverState, tracked: &TrackedRun) -> Option<String> {
    if let Some(absent) = absent(state, tracked) {
        return Some(absent);
    }
    let Run { donors, recipients, strategy, .. } = &tracked.run;
    let mean = |names: &[NodeName], count: fn(&NodeLoad) -> u64| {
        let found = state.watch.nodes.iter().filter(|load| names.contains(&load.node));
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
    let moves_sessions = state.plan.forecast.sessions_moved > 0.0;
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
fn absent(state: &DriverState, tracked: &TrackedRun) -> Option<String> {
    let node = tracked.lost.as_ref()?;
    let load = state.watch.nodes.iter().find(|load| load.node == *node);
    let is_back = load.is_some_and(|load| load.status != NodeStatus::Stopped);
    Some(if is_back {
        format!("{node} was down, and came back empty")
    } else {
        format!("{node} is down or has left the cluster")
    })
}

fn missing_of_plan(state: &DriverState) -> Option<String> {
    if let Some(absent) = state.runs.iter().find_map(|tracked| absent(state, tracked)) {
        return Some(absent);
    }
    let Some(balance) = measured(state) else {
        return Some("a node of the plan could not be read".to_owned());
    };
    let goal = state.plan.balance.after.over + room(state);
    (balance.over > goal + ROUNDING).then(|| {
        format!(
            "the fullest node is {:.1} % over the mean; the plan's goal is {:.1} %",
            balance.over * 100.0,
            goal * 100.0
        )
    })
}

/// What clients that come and go may add to the forecast's imbalance: one client, where that is more.
fn room(state: &DriverState) -> f64 {
    let nodes = state.plan_nodes();
    let loads = state.watch.nodes.iter().filter(|load| nodes.contains(&load.node));
    let total = loads.map(|load| load.connections).fold(0, u64::saturating_add);
    ROOM.max(float(nodes.len() as u64) / float(total.max(1)))
}

/// The same as a share of the mean: 2 %.
const ROOM: f64 = 0.02;
/// 51 clients where the mean is 50 are 2 % over it, not more.
const ROUNDING: f64 = 1e-9;
