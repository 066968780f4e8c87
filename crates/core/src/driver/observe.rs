//! Where a cluster stands, for somebody who did not start what runs there.

use super::outcome::Phase;
use super::status::{Progress, RunView, Status};
use crate::balance::float;
use crate::emqx::{DonorStatus, GlobalStatus, RunStatus};
use crate::node::NodeName;
use crate::snapshot::NodeLoad;

/// The status of a cluster as read at one time, without any knowledge of a plan.
///
/// EMQX says neither how much there is to move nor when it began. `donors` are the statuses that
/// donors gave of themselves, which hold their counts at the start; what is left to move is what
/// they have over the average of their run. No verdict comes out of this: EMQX keeps none.
pub fn observe(
    nodes: Vec<NodeLoad>,
    status: &GlobalStatus,
    donors: &[(NodeName, DonorStatus)],
) -> Status {
    let runs: Vec<RunView> = status.rebalances.iter().map(view).collect();
    let moved = donors.iter().map(|(_, donor)| {
        let counts = donor.counts;
        let (before, now) = (counts.initial_connected, counts.current_connected);
        before.zip(now).map_or(0, |(before, now)| before.saturating_sub(now))
    });
    let moved: u64 = moved.sum();
    let left: Vec<Left> = status.rebalances.iter().map(|run| Left::of(run, &nodes)).collect();
    let to_move = moved + left.iter().map(|left| left.connections).sum::<u64>();
    let progress = Progress {
        moved,
        to_move,
        expected: None,
        percent: if to_move == 0 { 0.0 } else { float(moved) / float(to_move) * 100.0 },
        eta_s: left.iter().filter_map(|left| left.seconds).max(),
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
        unread: None,
    }
}

/// What a run has left to do at most.
struct Left {
    connections: u64,
    /// For the evicting alone: how long the waits are is not shown.
    seconds: Option<u64>,
}

impl Left {
    fn of(run: &RunStatus, nodes: &[NodeLoad]) -> Self {
        let find = |name: &NodeName| nodes.iter().find(|load| load.node == *name);
        let part = || run.donors.iter().chain(&run.recipients).filter_map(find);
        let total: u64 = part().map(|load| load.connections).sum();
        let mean = total.div_ceil((part().count() as u64).max(1));
        let excess = |name| find(name).map_or(0, |load| load.connections.saturating_sub(mean));
        let rate = run.conn_evict_rate.filter(|rate| *rate > 0);
        Self {
            connections: run.donors.iter().map(excess).sum(),
            seconds: rate
                .and_then(|rate| run.donors.iter().map(|name| excess(name).div_ceil(rate)).max()),
        }
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
        let run = RunStatus {
            coordinator: name("b@h"),
            state: state.clone(),
            donors: vec![name("a@h")],
            recipients: vec![name("b@h")],
            conn_evict_rate: Some(10),
            sess_evict_rate: None,
            connection_goal: None,
            donor_conn_avg: None,
            disconnected_session_goal: None,
            donor_sess_avg: None,
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
        let idle = observe(nodes, &GlobalStatus::default(), &[]);
        assert_eq!((idle.phase, idle.progress.to_move), (None, 0));
    }
}
