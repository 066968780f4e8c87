//! How far an evacuation is.

use super::state::EvacuatorState;
use crate::balance::float;
use crate::driver::state::Stage;
use crate::driver::status::{Unread, missing};
use crate::driver::track::TrackState;
use crate::driver::{Phase, Progress, RunView, Status};
use crate::emqx::{EvacuationState, RunState};
use crate::snapshot::NodeLoad;

/// The status of an evacuation, as a run whose only donor is the node.
pub(super) fn status(state: &EvacuatorState) -> Status {
    let outcome = state.stage.outcome();
    Status {
        version: crate::snapshot::VERSION,
        phase: Some(outcome.map_or(Phase::Processing, |outcome| outcome.result.phase())),
        outcome: outcome.cloned(),
        wave: 1,
        runs: vec![view(state)],
        nodes: state.watch.nodes.clone(),
        progress: progress(state),
        missing: missing(&state.watch),
        unread: Unread::of(&state.watch),
    }
}

fn progress(state: &EvacuatorState) -> Progress {
    let watch = &state.watch;
    let count = |nodes: &[NodeLoad]| {
        nodes.iter().find(|load| load.node == *state.node()).map(|load| load.connections)
    };
    let to_move = count(&watch.baseline).unwrap_or(state.plan.forecast.disconnects);
    let moved = to_move.saturating_sub(count(&watch.nodes).unwrap_or(to_move));
    let is_complete = state.stage.outcome().is_some_and(|outcome| outcome.result.is_success());
    let end = match state.stage {
        Stage::Done { at, .. } => at,
        _ => watch.now,
    };
    let elapsed_s = watch.began_at.map_or(0, |began| end.ms_since(began) / 1000);
    Progress {
        moved_unknown: false,
        moved,
        to_move,
        expected: (state.stage == Stage::Following).then(|| expected(state)),
        percent: match to_move {
            _ if is_complete => 100.0,
            0 => 0.0,
            _ => float(moved) / float(to_move) * 100.0,
        },
        eta_s: eta(state),
        elapsed_s,
    }
}

/// Connections that the node should have lost by now.
fn expected(state: &EvacuatorState) -> u64 {
    let curve = &state.plan.forecast.curve;
    let begun = state.watch.starts.last().map_or(state.watch.now, |start| start.at);
    let elapsed_s = state.watch.now.ms_since(begun) / 1000;
    let left = curve.nodes.iter().find(|node| node.node == *state.node()).and_then(|node| {
        let begin = *node.connections.first()?;
        Some(begin.saturating_sub(curve.connections_at(node, elapsed_s)?))
    });
    left.unwrap_or(0)
}

/// Seconds left: what the node still holds at EMQX's rates, and the waits that are to come.
fn eta(state: &EvacuatorState) -> Option<u64> {
    let load = state.load().filter(|_| !matches!(state.stage, Stage::Done { .. }))?;
    let evacuation = &state.plan.asked.evacuation;
    let evicting = load.connections.div_ceil(evacuation.conn_evict_rate.get().into());
    let moving = load.disconnected_sessions.div_ceil(evacuation.sess_evict_rate.get().into());
    let takeover = u64::from(evacuation.wait_takeover);
    let begun = state.watch.starts.last().map_or(state.watch.now, |start| start.at);
    let elapsed_s = state.watch.now.ms_since(begun) / 1000;
    match state.shown {
        Some(EvacuationState::EvictingConns) => Some(evicting + takeover + moving),
        Some(EvacuationState::EvictingSessions | EvacuationState::Prohibiting) => Some(moving),
        _ => Some(state.plan.forecast.duration_s.saturating_sub(elapsed_s)),
    }
}

fn view(state: &EvacuatorState) -> RunView {
    let word = |word: &str| RunState::Other(word.to_owned());
    let shown = || state.shown.as_ref().map_or("starting", EvacuationState::as_str).to_owned();
    let evacuation = &state.plan.asked.evacuation;
    RunView {
        coordinator: state.node().clone(),
        state: match &state.track {
            TrackState::Pending => word("pending"),
            TrackState::Asked | TrackState::Doubtful { .. } => word("starting"),
            TrackState::Running { .. } => RunState::from(shown()),
            TrackState::Gone | TrackState::NotNeeded => word("gone"),
            TrackState::Refused => word("refused"),
        },
        donors: vec![state.node().clone()],
        recipients: state.plan.clients_to.clone(),
        conn_evict_rate: Some(evacuation.conn_evict_rate.get().into()),
        sess_evict_rate: Some(evacuation.sess_evict_rate.get().into()),
    }
}
