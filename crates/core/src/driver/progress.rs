//! How far a plan is, measured rather than assumed.

use super::outcome::Phase;
use super::stage::Stage;
use super::state::DriverState;
use super::status::{Progress, RunView, Status, Unread};
use super::track::{Task, Track, TrackState};
use super::watch::Watch;
use crate::emqx::RunState;
use crate::number::float;
use crate::reconnect::Learned;

/// The status of a driver's plan.
pub(super) fn status(state: &DriverState) -> Status {
    let outcome = state.stage.outcome();
    Status {
        version: crate::snapshot::VERSION,
        phase: Some(outcome.map_or(Phase::Processing, |outcome| outcome.result.phase())),
        outcome: outcome.cloned(),
        wave: state.waves().len() + 1,
        runs: state.runs.iter().map(|track| view(track, state)).collect(),
        nodes: state.watch.nodes.clone(),
        progress: progress(state),
        missing: missing(&state.watch),
        reconnects: state.watch.learned().map(Learned::seen),
        unread: unread(&state.watch),
    }
}

/// Since when nothing could be read, and why.
fn unread(watch: &Watch) -> Option<Unread> {
    let silence = watch.silence.as_ref()?;
    let since_ms = watch.clock.to_host(silence.since).as_ms();
    Some(Unread { since_ms, cause: silence.cause.clone() })
}

/// Clients that are nowhere, if all nodes are known.
fn missing(watch: &Watch) -> Option<u64> {
    let clients = watch.clients();
    let is_known = watch.silence.is_none() && clients.unknown.is_empty() && !watch.nodes.is_empty();
    is_known.then(|| clients.missing())
}

fn progress(state: &DriverState) -> Progress {
    let (moved, to_move) = (moved(state), state.to_move());
    let outcome = state.stage.outcome();
    let end = state.stage.ended_at().unwrap_or(state.watch.now);
    let since = |began: Option<_>| began.map_or(0, |began| end.ms_since(began) / 1000);
    let is_complete = outcome.is_some_and(|outcome| outcome.result.is_success());
    let is_over = outcome.is_some();
    Progress {
        moved,
        moved_unknown: false,
        to_move,
        expected: if state.stage == Stage::Following { expected(state) } else { None },
        percent: match to_move {
            _ if is_complete => 100.0,
            0 => 0.0,
            _ => (float(moved) / float(to_move) * 100.0).min(100.0),
        },
        eta_s: if is_over { None } else { state.eta(moved, since(state.wave_began_at())) },
        elapsed_s: since(state.watch.began_at),
    }
}

/// Connections that the donors have lost since the baseline.
pub(super) fn moved(state: &DriverState) -> u64 {
    let donors = state.donors();
    let lost =
        state.watch.baseline.iter().filter(|load| donors.contains(&load.node)).map(|before| {
            let now = state.watch.nodes.iter().find(|load| load.node == before.node);
            now.map_or(0, |now| before.connections.saturating_sub(now.connections))
        });
    lost.fold(0, u64::saturating_add)
}

/// Connections that the donors should have lost by now.
fn expected(state: &DriverState) -> Option<u64> {
    let began = state.started_at().unwrap_or(state.watch.now);
    expected_at(state, state.watch.now.ms_since(began) / 1000)
}

/// Connections that the donors should have lost so many seconds after the first start. `None` if the
/// state was stored without the forecast's curve, which is most of a large one.
pub(super) fn expected_at(state: &DriverState, elapsed_s: u64) -> Option<u64> {
    let curve = &state.job.forecast().curve;
    if curve.nodes.is_empty() {
        return None;
    }
    let donors = state.donors();
    let lost = curve.nodes.iter().filter(|node| donors.contains(&node.node)).map(|node| {
        let begin = node.connections.first().copied().unwrap_or(0);
        begin.saturating_sub(curve.connections_at(node, elapsed_s).unwrap_or(begin))
    });
    Some(lost.fold(0, u64::saturating_add))
}

fn view(track: &Track, state: &DriverState) -> RunView {
    let word = |word: &str| RunState::Other(word.to_owned());
    let (donors, recipients, rates) = match &track.task {
        Task::Run(run) => {
            let rates = (run.strategy.conn_evict_rate, run.strategy.sess_evict_rate);
            (run.donors.clone(), run.recipients.clone(), rates)
        }
        Task::Evacuation { node, evacuation } => {
            let rates = (evacuation.conn_evict_rate, evacuation.sess_evict_rate);
            (vec![node.clone()], state.recipients(), rates)
        }
    };
    RunView {
        coordinator: track.coordinator().clone(),
        state: match &track.state {
            TrackState::Pending => word("pending"),
            TrackState::Asked | TrackState::Doubtful { .. } => word("starting"),
            TrackState::Running { .. } => track.shown.clone().unwrap_or_else(|| word("starting")),
            TrackState::Gone => word("gone"),
            TrackState::NotNeeded => word("not_needed"),
            TrackState::Refused => word("refused"),
        },
        donors,
        recipients,
        conn_evict_rate: Some(rates.0.get().into()),
        sess_evict_rate: Some(rates.1.get().into()),
    }
}
