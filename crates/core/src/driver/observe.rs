//! Where a cluster stands, for somebody who did not start what runs there.

use super::outcome::Phase;
use super::status::{Progress, RunView, Status};
use crate::emqx::{DonorStatus, GlobalStatus, RunStatus};
use crate::node::NodeName;
use crate::number::float;
use crate::snapshot::{NodeLoad, NodeStatus};
use std::collections::BTreeSet;

/// The status of a cluster as read at one time, without any knowledge of a plan.
///
/// EMQX says neither how much there is to move nor when it began. `donors` are the statuses that
/// donors gave of themselves, which hold their counts at the start; what is left to move is what
/// each donor has over the average of the nodes that take part. What a donor moved that could not be
/// asked is not known, and [`Progress::moved_unknown`] says so. No verdict comes out of this: EMQX keeps none.
///
/// ```
/// use emqx_rebalance_core::driver::observe;
/// use emqx_rebalance_core::{GlobalStatus, NodeLoad, NodeName};
///
/// let nodes = vec![NodeLoad::new(NodeName::new("a@h").unwrap(), 9000)];
/// let status = observe(nodes, &GlobalStatus::default(), &[]);
/// assert!(status.runs.is_empty() && status.phase.is_none());
/// ```
pub fn observe(
    nodes: Vec<NodeLoad>,
    status: &GlobalStatus,
    donors: &[(NodeName, DonorStatus)],
) -> Status {
    let runs: Vec<RunView> = status.rebalances.iter().map(view).collect();
    let moved: Vec<(&NodeName, u64)> = donors.iter().filter_map(moved).collect();
    let losing = losing(&status.rebalances);
    let moved_unknown = losing.iter().any(|donor| !moved.iter().any(|(node, _)| node == donor));
    let moved: u64 = moved.iter().map(|(_, count)| count).sum();
    let left: Vec<Left> =
        losing.iter().filter_map(|donor| Left::of(donor, status, &nodes)).collect();
    let to_move = moved + left.iter().map(|left| left.connections).sum::<u64>();
    let is_counted = left.len() == losing.len();
    let progress = Progress {
        moved,
        moved_unknown,
        to_move,
        expected: None,
        percent: if to_move == 0 { 0.0 } else { float(moved) / float(to_move) * 100.0 },
        eta_s: left.iter().filter_map(|left| left.seconds).max().filter(|_| is_counted),
        elapsed_s: 0,
    };
    Status {
        version: crate::snapshot::VERSION,
        phase: (!runs.is_empty()).then_some(Phase::Processing),
        outcome: None,
        wave: 1,
        runs,
        nodes,
        progress,
        missing: None,
        reconnects: None,
        unread: None,
    }
}

/// Connections that left a donor since it began, if it says so.
fn moved((node, donor): &(NodeName, DonorStatus)) -> Option<(&NodeName, u64)> {
    let (before, now) = (donor.counts.initial_connected?, donor.counts.current_connected?);
    Some((node, before.saturating_sub(now)))
}

/// The donors of all runs, each once.
fn losing(runs: &[RunStatus]) -> BTreeSet<&NodeName> {
    runs.iter().flat_map(|run| &run.donors).collect()
}

/// What a donor has left to do at most.
struct Left {
    connections: u64,
    /// For the evicting alone: how long the waits are is not shown.
    seconds: Option<u64>,
}

impl Left {
    /// What `donor` has over the average of every node that takes part in a run: the runs of a plan
    /// level the cluster together, whatever each of them is told. `None` if the donor is not known.
    fn of(donor: &NodeName, status: &GlobalStatus, nodes: &[NodeLoad]) -> Option<Self> {
        let known = || nodes.iter().filter(|load| load.status != NodeStatus::Unknown);
        let load = known().find(|load| load.node == *donor)?;
        let takes_part = |load: &&NodeLoad| {
            let mut runs = status.rebalances.iter();
            runs.any(|run| run.donors.contains(&load.node) || run.recipients.contains(&load.node))
        };
        let total: u64 = known().filter(takes_part).map(|load| load.connections).sum();
        let mean = total.div_ceil((known().filter(takes_part).count() as u64).max(1));
        let connections = load.connections.saturating_sub(mean);
        let mut runs = status.rebalances.iter().filter(|run| run.donors.contains(donor));
        let rate = runs.find_map(|run| run.conn_evict_rate.filter(|rate| *rate > 0));
        Some(Self { connections, seconds: rate.map(|rate| connections.div_ceil(rate)) })
    }
}

fn view(run: &RunStatus) -> RunView {
    RunView {
        coordinator: run.coordinator.clone(),
        state: run.state.clone(),
        donors: run.donors.clone(),
        recipients: run.recipients.clone(),
        conn_evict_rate: run.conn_evict_rate,
        sess_evict_rate: run.sess_evict_rate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emqx::{EvictionCounts, RunState};
    use crate::forecast::RunPhase;

    #[test]
    fn progress_comes_from_the_donors_own_counts() {
        let name = |text: &str| NodeName::new(text).unwrap();
        let nodes = vec![NodeLoad::new(name("a@h"), 80), NodeLoad::new(name("b@h"), 20)];
        let state = RunState::Phase(RunPhase::EvictingConns);
        let (donors, recipients) = (vec![name("a@h")], vec![name("b@h")]);
        let run = RunStatus {
            conn_evict_rate: Some(10),
            ..RunStatus::new(name("b@h"), state.clone(), donors, recipients)
        };
        let counts = EvictionCounts {
            initial_connected: Some(100),
            current_connected: Some(80),
            ..EvictionCounts::default()
        };
        let donor = DonorStatus { coordinator: name("b@h"), state, recipients: vec![], counts };
        let status = GlobalStatus { rebalances: vec![run], ..GlobalStatus::default() };
        let seen = observe(nodes.clone(), &status, &[(name("a@h"), donor)]);
        assert_eq!(seen.phase, Some(Phase::Processing));
        assert_eq!((seen.progress.moved, seen.progress.to_move), (20, 50));
        assert_eq!(seen.progress.eta_s, Some(3));
        assert!(!seen.progress.moved_unknown);
        let unasked = observe(nodes.clone(), &status, &[]);
        assert!(unasked.progress.moved_unknown, "0 moved would be a guess");
        let idle = observe(nodes, &GlobalStatus::default(), &[]);
        assert_eq!((idle.phase, idle.progress.to_move), (None, 0));
    }

    #[test]
    fn several_runs_share_what_is_left_and_nobody_counts_it_twice() {
        let name = |text: &str| NodeName::new(text).unwrap();
        let names = |nodes: &[&str]| nodes.iter().map(|node| name(node)).collect();
        let state = RunState::Phase(RunPhase::EvictingConns);
        let run = |donors: &[&str], recipients: &[&str]| RunStatus {
            conn_evict_rate: Some(10),
            ..RunStatus::new(name(donors[0]), state.clone(), names(donors), names(recipients))
        };
        let status = GlobalStatus {
            rebalances: vec![run(&["a@h"], &["b@h", "c@h"]), run(&["b@h"], &["c@h"])],
            ..GlobalStatus::default()
        };
        let counts = [("a@h", 300), ("b@h", 150), ("c@h", 0)];
        let mut nodes: Vec<NodeLoad> =
            counts.iter().map(|(node, count)| NodeLoad::new(name(node), *count)).collect();
        let seen = observe(nodes.clone(), &status, &[]);
        assert_eq!((seen.progress.to_move, seen.progress.eta_s), (150, Some(15)));
        nodes[0].status = NodeStatus::Unknown;
        let seen = observe(nodes, &status, &[]);
        assert_eq!((seen.progress.to_move, seen.progress.eta_s), (75, None));
        assert_eq!(seen.nodes[0].status, NodeStatus::Unknown);
    }
}
